import {
  type ContainerState,
  containerStates,
  Describe,
  IsInstant,
  IsJsonObject,
  IsName,
  IsSummary,
  Nested,
  Optional,
} from '@sentinel-forge/contracts';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, Min } from 'class-validator';

import { Lease } from '../response/mitigation.record.js';

/** What the last one who said anything about it wanted of a container. */
export const wishes = ['running', 'stopped', 'unknown'] as const;
/** One of them. */
export type Wish = (typeof wishes)[number];

/** How a container was when it was last looked at. */
export const conditions = ['well', 'ailing', 'given-up'] as const;
/** One of them. */
export type Condition = (typeof conditions)[number];

/** Restarts are counted within a window; no policy allows for more. */
export const restartsLimit = 128;

/** A health event that is true already and must still be said. */
export class UnsaidHealth {
  @Describe('The id of the event, so that saying it twice is saying it once.')
  @IsName()
  readonly id!: string;

  @IsIn(containerStates)
  readonly state!: ContainerState;

  @IsInstant()
  readonly at!: string;

  @IsJsonObject()
  readonly data!: Readonly<Record<string, unknown>>;
}

/** A restart that was decided upon. Written before the call, taken away after it. */
export class RestartIntent {
  @IsIn(['restart', 'start'])
  readonly how!: 'restart' | 'start';

  @IsSummary()
  readonly reason!: string;

  @Describe('Which process it is to end; another one means that it is done.')
  @Optional()
  @IsName()
  readonly startedAt?: string;

  @Describe('Who carries it out, and until when no one else may.')
  @Nested(() => Lease)
  readonly lease!: Lease;

  @Describe('Whether it is help, which counts, or follows the restart of what it depends upon, which does not.')
  @IsBoolean()
  readonly isCounted!: boolean;
}

/** What a container depends upon was restarted: it is to be restarted too. */
export class Following {
  @IsName()
  readonly parentId!: string;

  @IsName()
  readonly parentName!: string;

  @Describe('Wait until the other one is healthy, not only running.')
  @IsBoolean()
  readonly mustBeHealthy!: boolean;

  @IsInstant()
  readonly since!: string;
}

/** What the healer knows of one container; bucket `healing`, key `<host>.<container id>`. */
export class HealingRecord {
  @IsIn([1])
  readonly version!: 1;

  @IsName()
  readonly id!: string;

  @IsName()
  readonly name!: string;

  @IsIn(wishes)
  readonly wish!: Wish;

  @IsIn(conditions)
  readonly condition!: Condition;

  @Describe('The process that was seen running last, by its start.')
  @Optional()
  @IsName()
  readonly startedAt?: string;

  @Describe('Restarts in a row without a stable time in between.')
  @IsInt()
  @Min(0)
  readonly attempts!: number;

  @Describe('When it was restarted within the window.')
  @IsArray()
  @ArrayMaxSize(restartsLimit)
  @IsInstant({ each: true })
  readonly restarts!: readonly string[];

  @Describe('Not before then, because it was restarted only lately.')
  @Optional()
  @IsInstant()
  readonly nextAttemptAt?: string;

  @Describe('Since when it is well.')
  @Optional()
  @IsInstant()
  readonly wellSince?: string;

  @Optional()
  @IsInstant()
  readonly gaveUpAt?: string;

  @Optional()
  @Nested(() => RestartIntent)
  readonly intent?: RestartIntent;

  @Describe('Those that are to be restarted after it.')
  @IsArray()
  @ArrayMaxSize(256)
  @IsName({ each: true })
  readonly dependants!: readonly string[];

  @Optional()
  @Nested(() => Following)
  readonly following?: Following;

  @Optional()
  @IsSummary()
  readonly lastReason?: string;

  @Describe('How many events it has given birth to; part of their ids.')
  @IsInt()
  @Min(0)
  readonly said!: number;

  @IsArray()
  @ArrayMaxSize(32)
  @Nested(() => UnsaidHealth, { each: true })
  readonly unsaid!: readonly UnsaidHealth[];
}

/** What is known of a container that was never seen before: nothing. */
export function newHealingRecord({ id, name }: { readonly id: string; readonly name: string }): HealingRecord {
  return {
    version: 1,
    id,
    name,
    wish: 'unknown',
    condition: 'well',
    attempts: 0,
    restarts: [],
    dependants: [],
    said: 0,
    unsaid: [],
  };
}
