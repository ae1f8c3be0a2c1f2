import { ArrayMaxSize, IsArray, IsBoolean, IsInt, Min } from 'class-validator';
import { Describe, IsJsonObject, Nested, Optional } from '../validation/decorators.js';
import { IsName, IsSummary, IsToken } from './fields.js';

/** One thing that a service depends upon, and whether it answers. */
export class DependencyState {
  @Describe('What it is: `nats`, `jetstream`, `docker`, ….')
  @IsToken()
  readonly name!: string;

  @Describe('Whether it answers.')
  @IsBoolean()
  readonly isUp!: boolean;

  @Describe('What is wrong, and the last error.')
  @Optional()
  @IsSummary()
  readonly reason?: string;
}

/** `health.service.<app>.<up|down|degraded>`. */
export class ServiceHealth {
  @Describe('The version of the service.')
  @IsName()
  readonly version!: string;

  @Describe('Which process of it: unique for each start.')
  @IsName()
  readonly instance!: string;

  @Describe('Why it is in this state.')
  @IsSummary()
  readonly reason!: string;

  @Describe('What it depends upon.')
  @IsArray()
  @ArrayMaxSize(32)
  @Nested(() => DependencyState, { each: true })
  readonly dependencies!: readonly DependencyState[];
}

/** `health.container.<host>.<unhealthy|restarted|healthy|gave-up>`. */
export class ContainerHealth {
  @Describe("The container's full id.")
  @IsName()
  readonly id!: string;

  @Describe("The container's name.")
  @IsName()
  readonly name!: string;

  @Describe('Why, in one line for people.')
  @IsSummary()
  readonly reason!: string;

  @Describe('Which restart in a row this is, from 1.')
  @Optional()
  @IsInt()
  @Min(0)
  readonly attempt?: number;

  @Describe('The Compose project and service, where it has one.')
  @Optional()
  @IsName()
  readonly project?: string;

  @Optional()
  @IsName()
  readonly service?: string;

  @Describe('What else was seen: exit code, the last lines of the log, the state before.')
  @Optional()
  @IsJsonObject()
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** The states a service says it is in. */
export const serviceStates = ['up', 'down', 'degraded'] as const;
/** A state of a service. */
export type ServiceState = (typeof serviceStates)[number];

/** What supervisor says of a container. */
export const containerStates = ['unhealthy', 'restarted', 'healthy', 'gave-up'] as const;
/** A state of a container, as supervisor tells it. */
export type ContainerState = (typeof containerStates)[number];
