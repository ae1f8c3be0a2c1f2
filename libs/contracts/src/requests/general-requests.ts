import { IsInt, IsString, Max, Min } from 'class-validator';
import { Closed, Describe, Optional } from '../validation/decorators.js';
import { IsTraceId } from '../events/fields.js';

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
