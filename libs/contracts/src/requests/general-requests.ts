import { IsBoolean, IsInt, IsString, Matches, Max, Min } from 'class-validator';
import { IsTraceId } from '../events/fields.js';
import { Closed, Describe, Optional } from '../validation/decorators.js';

/** A request that takes nothing. */
@Closed()
export class Nothing {}

/** Handle one dead letter again, by the consumer that gave it up. */
@Closed()
export class ReplayDeadLetter {
  @Describe('Its sequence in the stream DEAD_LETTER.')
  @IsInt()
  @Min(1)
  readonly sequence!: number;

  @Describe('The mended payload, as JSON text; absent: the payload as it was.')
  @Optional()
  @IsString()
  readonly payload?: string;
}

/** Which notices to list, newest first. */
@Closed()
export class ListNotices {
  @Describe('Only those of this trace.')
  @Optional()
  @IsTraceId()
  readonly traceId?: string;

  @Describe('Only those that were given up, and can be sent again.')
  @Optional()
  @IsBoolean()
  readonly failed?: boolean;

  @Describe('At most so many.')
  @Optional()
  @IsInt()
  @Min(1)
  @Max(1000)
  readonly limit?: number;

  @Describe('Go on after this one: `next` of the page before.')
  @Optional()
  @IsString()
  readonly after?: string;
}

/** Send one notice again that was given up. */
@Closed()
export class ReplayNotice {
  @Describe('Its idempotency id: `id` in the list of notices.')
  @IsString()
  @Matches(/^n-[0-9a-f]{32}$/)
  readonly id!: string;
}
