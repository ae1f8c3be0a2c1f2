import { IsIn, IsInt, IsNumber, Max, Min } from 'class-validator';
import { Closed, Describe, IsJsonObject, Optional } from '../validation/decorators.js';
import { IsName, IsSummary, IsText, IsTraceId } from './fields.js';

/** The ways to reach people. */
export const channelNames = ['email', 'webhook'] as const;
/** A way to reach people. */
export type ChannelName = (typeof channelNames)[number];

/** `notify.requested`, and the body of `POST /notify`: tell people this. */
@Closed()
export class NotifyRequested {
  @Describe('What happened, in one line.')
  @IsName()
  readonly title!: string;

  @Describe('The whole story.')
  @IsText()
  readonly body!: string;

  @Describe('One way only; absent: as the routes say.')
  @Optional()
  @IsIn(channelNames)
  readonly channel?: ChannelName;

  @Describe('To whom on that channel: a mail address or a URL; absent: as the channel is set up.')
  @Optional()
  @IsSummary()
  readonly to?: string;

  @Describe('0 (nothing) to 10 (act at once); 5 unless told otherwise.')
  @Optional()
  @IsNumber()
  @Min(0)
  @Max(10)
  readonly severity?: number;

  @Describe('The trace that the notice belongs to.')
  @Optional()
  @IsTraceId()
  readonly traceId?: string;

  @Describe('Anything a program at the other end may want.')
  @Optional()
  @IsJsonObject()
  readonly data?: Readonly<Record<string, unknown>>;
}

/** `notify.<delivered|failed>`: what became of one notice on one channel. */
export class NoticeOutcome {
  @Describe('The idempotency id: the same in every try, and in what was sent.')
  @IsName()
  readonly noticeId!: string;

  @Describe('The way it went.')
  @IsIn(channelNames)
  readonly channel!: ChannelName;

  @Describe('The title of the notice.')
  @IsName()
  readonly title!: string;

  @Describe('The tries so far.')
  @IsInt()
  @Min(0)
  readonly attempts!: number;

  @Describe('What the other side answered, or why it failed.')
  @IsSummary()
  readonly reason!: string;

  @Describe('The digest that it was delivered in, where there were too many to send one by one.')
  @Optional()
  @IsName()
  readonly digestId?: string;
}
