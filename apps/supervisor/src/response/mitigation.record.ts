import {
  type Containment,
  containments,
  Describe,
  IsInstant,
  IsJsonObject,
  IsMitigationId,
  IsName,
  IsSummary,
  IsText,
  IsToken,
  MitigationRequested,
  type MitigationState,
  mitigationStates,
  Nested,
  Optional,
} from '@sentinel-forge/contracts';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, Min } from 'class-validator';
import { TargetBefore } from './target-before.js';

/** What of a container a mitigation has changed, and so gives back when it is released. */
export const aspects = ['networks', 'process', 'limits'] as const;
/** One of them. */
export type Aspect = (typeof aspects)[number];

/** What a mitigation can have to say. */
export const sayings = ['approved', 'applied', 'failed', 'released', 'rejected', 'self'] as const;
/** One of them: the last token of its subject. */
export type Saying = (typeof sayings)[number];

/** Of these only the newest are kept; what they say stands in the streams for much longer. */
export const historyLimit = 64;

/** One step that a mitigation has taken. */
export class HistoryEntry {
  @IsInstant()
  readonly at!: string;

  @IsIn(mitigationStates)
  readonly state!: MitigationState;

  @Describe('Who took it: an app, or the subject of the token that a person used.')
  @IsName()
  readonly actor!: string;

  @IsSummary()
  readonly reason!: string;
}

/** An event that is true already and must still be said. It is stored with the change that makes it true. */
export class UnsaidEvent {
  @Describe('The id of the event, so that saying it twice is saying it once.')
  @IsName()
  readonly id!: string;

  @IsIn(sayings)
  readonly saying!: Saying;

  @IsInstant()
  readonly at!: string;

  @IsJsonObject()
  readonly data!: Readonly<Record<string, unknown>>;
}

/** Which process is acting, and until when no other one may. */
export class Lease {
  @Describe('Two processes that can run at the same time differ in it; a process that was restarted keeps it.')
  @IsName()
  readonly instance!: string;

  @IsInstant()
  readonly until!: string;
}

/** How the target was when a release began, so that it is restarted once and not again after every interruption. */
export class ReleaseStart {
  @IsBoolean()
  readonly isUp!: boolean;

  @Optional()
  @IsName()
  readonly startedAt?: string;
}

/**
 * Everything there is to know of one mitigation; bucket `mitigations`, key = mitigation id. What is to be done next
 * follows from it alone ({@link workOf}), so that a process that was killed at any moment goes on where it was.
 */
export class MitigationRecord {
  @Describe('The version of this class.')
  @IsIn([1])
  readonly version!: 1;

  @IsMitigationId()
  readonly id!: string;

  @Nested(() => MitigationRequested)
  readonly request!: MitigationRequested;

  @Describe('The app that asked.')
  @IsToken()
  readonly sender!: string;

  @Describe('The W3C traceparent of the request.')
  @IsName()
  readonly traceparent!: string;

  @IsInstant()
  readonly receivedAt!: string;

  @IsIn(mitigationStates)
  readonly state!: MitigationState;

  @Describe('It waits for a person until then.')
  @Optional()
  @IsInstant()
  readonly approveBefore?: string;

  @Describe('Who approved it.')
  @Optional()
  @IsName()
  readonly approvedBy?: string;

  @Describe('How the target was before anything was done to it. Written before the first Docker call.')
  @Optional()
  @Nested(() => TargetBefore)
  readonly before?: TargetBefore;

  @Describe('What it has changed or may have changed, and gives back.')
  @IsArray()
  @ArrayMaxSize(aspects.length)
  @IsIn(aspects, { each: true })
  readonly holds!: readonly Aspect[];

  @IsIn(containments)
  readonly contained!: Containment;

  @Describe('Why it is contained in another way than asked for.')
  @Optional()
  @IsSummary()
  readonly containedBecause?: string;

  @Optional()
  @IsInstant()
  readonly appliedAt?: string;

  @Describe('When it ends by itself; absent: never.')
  @Optional()
  @IsInstant()
  readonly until?: string;

  @Describe(
    'It never ends by itself, because one that was joined to it, or that it took the place of, never would have.',
  )
  @IsBoolean()
  readonly isEndless!: boolean;

  @Describe('The mitigation in force that this one was joined to.')
  @Optional()
  @IsMitigationId()
  readonly joinedTo?: string;

  @Describe('The mitigations that were joined to this one.')
  @IsArray()
  @ArrayMaxSize(1024)
  @IsMitigationId({ each: true })
  readonly joins!: readonly string[];

  @Describe('The weaker mitigation that this one takes the place of.')
  @Optional()
  @IsMitigationId()
  readonly upgrades?: string;

  @Describe('The stronger mitigation that has taken its place.')
  @Optional()
  @IsMitigationId()
  readonly supersededBy?: string;

  @Describe('The mitigation whose target was made anew as the target of this one.')
  @Optional()
  @IsMitigationId()
  readonly succeeds?: string;

  @Optional()
  @Nested(() => Lease)
  readonly lease?: Lease;

  @Describe('Tries of what is being done at the moment that ended badly.')
  @IsInt()
  @Min(0)
  readonly failures!: number;

  @Optional()
  @IsInstant()
  readonly retryAt?: string;

  @Optional()
  @IsSummary()
  readonly lastError?: string;

  @Optional()
  @Nested(() => ReleaseStart)
  readonly releaseStart?: ReleaseStart;

  @Describe('Who asked for the release, and why.')
  @Optional()
  @IsName()
  readonly releasedBy?: string;

  @Optional()
  @IsSummary()
  readonly releaseReason?: string;

  @Describe('The release ends in this state: `failed` when it takes back what could only be done in part.')
  @IsIn(['released', 'failed'])
  readonly endsAs!: 'released' | 'failed';

  @Describe('People were told that the release does not succeed; they are not told again.')
  @IsBoolean()
  readonly isReleaseTroubleTold!: boolean;

  @Describe('The container is gone; should it come back under its name, it does not escape.')
  @IsBoolean()
  readonly isTargetGone!: boolean;

  @Describe('How often the target had escaped and was contained again.')
  @IsInt()
  @Min(0)
  readonly escapes!: number;

  @Describe('The Docker calls that were made, in order; the last ones, where there were many.')
  @IsArray()
  @ArrayMaxSize(historyLimit)
  @IsText({ each: true })
  readonly calls!: readonly string[];

  @IsArray()
  @ArrayMaxSize(historyLimit)
  @Nested(() => HistoryEntry, { each: true })
  readonly history!: readonly HistoryEntry[];

  @Describe('How many events it has given birth to; part of their ids.')
  @IsInt()
  @Min(0)
  readonly said!: number;

  @IsArray()
  @ArrayMaxSize(historyLimit)
  @Nested(() => UnsaidEvent, { each: true })
  readonly unsaid!: readonly UnsaidEvent[];
}
