import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsNumber, Max, Min } from 'class-validator';
import { Describe, IsInstant, IsJsonObject, Nested, Optional } from '../validation/decorators.js';
import { IsMitigationId, IsName, IsSummary, IsText, IsToken } from './fields.js';

/** What can be done to a container, from what disturbs it least. */
export const actionNames = [
  'notify',
  'snapshot',
  'restart',
  'throttle',
  'pause',
  'isolate',
  'quarantine',
  'stop',
  'kill',
] as const;
/** The name of an action. */
export type ActionName = (typeof actionNames)[number];

/** What sentinelcore concludes from a score. */
export const verdicts = ['observe', 'notify', 'restart', 'throttle', 'isolate', 'quarantine', 'stop'] as const;
/** A conclusion. */
export type Verdict = (typeof verdicts)[number];

/** The container that a mitigation is about, pinned to one engine's id when the plan was made. */
export class ContainerTarget {
  @Describe('The Docker host, as its supervisor is named.')
  @IsToken()
  readonly host!: string;

  @Describe("The container's full id on that host.")
  @IsName()
  readonly id!: string;

  @Describe("The container's name when the plan was made.")
  @IsName()
  readonly name!: string;
}

/** One line of a score's explanation. The contributions of a score sum to it. */
export class Contribution {
  @Describe(
    'The id of the rule; or `severity`; `others` for rules beyond the limit; `cap` and `floor` for what was cut off at 100 and 0.',
  )
  @IsName()
  readonly rule!: string;

  @Describe('What it adds to the score; may be negative.')
  @IsNumber()
  readonly points!: number;

  @Describe('Why, in words.')
  @IsSummary()
  readonly reason!: string;
}

/** What a mitigation was decided upon. */
export class Evidence {
  @Describe('The id of the event that led to it.')
  @IsName()
  readonly eventId!: string;

  @Describe('The subject of that event.')
  @IsName()
  readonly subject!: string;

  @Describe('Who sent that event.')
  @IsName()
  readonly source!: string;

  @Describe('What that event said, in one line.')
  @Optional()
  @IsSummary()
  readonly summary?: string;

  @Describe('What the score is the sum of.')
  @IsArray()
  @ArrayMaxSize(256)
  @Nested(() => Contribution, { each: true })
  readonly contributions!: readonly Contribution[];
}

/** `mitigation.<app>.requested.<host>`: a mitigation asked of the supervisor of one host. */
export class MitigationRequested {
  @Describe('hash(event id, target, action): the same wish has the same id, however often it is made.')
  @IsMitigationId()
  readonly mitigationId!: string;

  @Describe('What is to be done.')
  @IsIn(actionNames)
  readonly action!: ActionName;

  @Describe('To which container.')
  @Nested(() => ContainerTarget)
  readonly target!: ContainerTarget;

  @Describe('Why, in one line for people.')
  @IsSummary()
  readonly reason!: string;

  @Describe('The score that led to it, 0 to 100.')
  @IsNumber()
  @Min(0)
  @Max(100)
  readonly score!: number;

  @Describe('When it was asked for; the time to live counts from when it is applied.')
  @IsInstant()
  readonly requestedAt!: string;

  @Describe('How long it stays in force, in milliseconds; absent: until it is released by hand.')
  @Optional()
  @IsInt()
  @Min(1000)
  readonly ttlMs?: number;

  @Describe('Keep it in force after its time to live, until someone releases it.')
  @Optional()
  @IsBoolean()
  readonly hold?: boolean;

  @Describe('Everything is checked and nothing is done; the notice says "simulated".')
  @Optional()
  @IsBoolean()
  readonly simulated?: boolean;

  @Describe('Wait for a person to approve it.')
  @Optional()
  @IsBoolean()
  readonly needsApproval?: boolean;

  @Describe('What the action takes beside the target, as its own description says.')
  @Optional()
  @IsJsonObject()
  readonly parameters?: Readonly<Record<string, unknown>>;

  @Describe('What it was decided upon.')
  @Nested(() => Evidence)
  readonly evidence!: Evidence;
}

/** What became of a containment. */
export const containments = ['isolated', 'paused', 'none'] as const;
/** How a target is contained at the moment. */
export type Containment = (typeof containments)[number];

/** `mitigation.<app>.<approved|applied|failed|released|rejected>`: one step in the life of a mitigation. */
export class MitigationTransition {
  @Describe('The mitigation; the id of the request.')
  @IsMitigationId()
  readonly mitigationId!: string;

  @Describe('What was asked for.')
  @IsIn(actionNames)
  readonly action!: ActionName;

  @Describe('The container, when it is known which.')
  @Optional()
  @Nested(() => ContainerTarget)
  readonly target?: ContainerTarget;

  @Describe('What the telemetry called the target, where no container could be pinned.')
  @Optional()
  @IsName()
  readonly targetName?: string;

  @Describe('Why this step was taken, in one line for people; for a rejection or a failure also what to do about it.')
  @IsSummary()
  readonly reason!: string;

  @Describe('The score that led to the mitigation, 0 to 100.')
  @Optional()
  @IsNumber()
  @Min(0)
  @Max(100)
  readonly score?: number;

  @Describe('Who took the step: an app, or the subject of the token that a person used.')
  @IsName()
  readonly actor!: string;

  @Describe('How the target is contained after this step.')
  @Optional()
  @IsIn(containments)
  readonly contained?: Containment;

  @Describe('When it will be released by itself; absent: never by itself.')
  @Optional()
  @IsInstant()
  readonly until?: string;

  @Describe('Nothing was done: the mitigation was simulated.')
  @Optional()
  @IsBoolean()
  readonly simulated?: boolean;

  @Describe('The mitigation in force that this one was joined to; nothing was done on Docker for it.')
  @Optional()
  @IsMitigationId()
  readonly joined?: string;

  @Describe('The Docker calls that were made, or that a simulation would have made, in order.')
  @Optional()
  @IsArray()
  @ArrayMaxSize(64)
  @IsText({ each: true })
  readonly calls?: readonly string[];

  @Describe('Anything else worth knowing of this step.')
  @Optional()
  @IsJsonObject()
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** `mitigation.<app>.self`: what an app did to keep itself or its users whole. */
export class SelfMitigation {
  @Describe('What was done, as a fixed word: `breaker-opened`, `segment-set-aside`, ….')
  @IsToken()
  readonly what!: string;

  @Describe('Why, in one line for people.')
  @IsSummary()
  readonly reason!: string;

  @Describe('The particulars.')
  @Optional()
  @IsJsonObject()
  readonly detail?: Readonly<Record<string, unknown>>;
}
