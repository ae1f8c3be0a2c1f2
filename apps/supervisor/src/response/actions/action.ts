import type { ActionName, Containment } from '@sentinel-forge/contracts';
import type { ContainerSnapshot } from '@sentinel-forge/docker';
import type { Step } from '../docker-call.js';
import type { Aspect } from '../mitigation.record.js';
import type { TargetBefore } from '../target-before.js';

/** One thing that an action takes beside its target. */
export interface ParameterDescription {
  readonly name: string;
  readonly type: 'integer' | 'number' | 'boolean';
  /** Absent: the parameter may be left out, and then nothing is done about it. */
  readonly byDefault?: number | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly summary: string;
}

/** Parameters that were read against their description. */
export type ParameterValues = Readonly<Record<string, number | boolean>>;

/** What is known of a target at one moment. Everything an action decides follows from it. */
export interface Situation {
  readonly mitigationId: string;
  /** Before anything was done to it, by this mitigation or by the weaker one that it takes the place of. */
  readonly before: TargetBefore;
  readonly current: ContainerSnapshot;
  /** The networks that list the container as a member: the other side of `current.networks`. */
  readonly memberOf: readonly string[];
  readonly evidence: ReadonlySet<string>;
  readonly parameters: ParameterValues;
}

/** How a target is contained, and why in another way than asked for. */
export interface ContainmentState {
  readonly contained: Containment;
  readonly because?: string;
}

/**
 * One way to respond. An action describes itself (the reference is generated from it) and decides; it never acts: a plan
 * is carried out by the driver, which asks again until nothing is left to do. So a plan that was interrupted anywhere is
 * simply made anew, from how things are by then.
 */
export interface Action {
  readonly name: ActionName;
  readonly summary: string;
  readonly parameters: readonly ParameterDescription[];
  /** The Engine API endpoints that it needs, for a least-privilege socket proxy. */
  readonly needs: readonly string[];
  /** Whether it ends processes: evidence is captured before, and policy may ask for approval. */
  readonly isDestructive: boolean;
  /** Whether the container notices: such actions are bounded by the guards and join what is in force. */
  readonly isDisturbing: boolean;
  /** How it is taken back. Undefined: it leaves nothing in force. */
  readonly reversal: string | undefined;
  /** What it changes on this target. */
  holds(situation: Situation): readonly Aspect[];
  /** What is left to do, in order; empty when it is done. */
  plan(situation: Situation): readonly Step[];
  /** What is not as it should be, seen from the container and from the networks; empty when it is in force. */
  problems(situation: Situation): readonly string[];
  containment(situation: Situation): ContainmentState;
}
