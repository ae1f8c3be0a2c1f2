import type { ContainerSnapshot, ContainerState, ContainerSummary } from '@sentinel-forge/docker';
import { isLater } from '../engine-watch/engine-time.js';
import type { Following } from './healing.record.js';
import type { HealingPolicy } from './healing-policy.js';

/** A container that is to be restarted after another one. */
export interface Dependant {
  readonly id: string;
  /** It shares the network namespace, which dies with the other one's process. */
  readonly isInNamespace: boolean;
  /** Compose's `condition: service_healthy`. */
  readonly mustBeHealthy: boolean;
}

const upStates: ReadonlySet<ContainerState> = new Set(['running', 'restarting']);

/** The running containers that depend directly upon this one: `depends_on` in the same project, or its network namespace. */
export function dependantsOf(
  parent: ContainerSummary,
  all: Iterable<ContainerSummary>,
  which: HealingPolicy['dependants'],
): readonly Dependant[] {
  return [...all]
    .filter((container) => container.id !== parent.id && upStates.has(container.state))
    .flatMap((container): readonly Dependant[] => {
      const { id, networkMode } = container;
      const isInNamespace = networkMode.kind === 'container' && networkMode.containerId === parent.id;
      const named = dependencyOn(container, parent);
      const dependency = which === 'all' || named?.isRestartedWith ? named : undefined;
      if (!isInNamespace && dependency === undefined) {
        return [];
      }
      return [{ id, isInNamespace, mustBeHealthy: dependency?.condition === 'service_healthy' }];
    });
}

/** The containers that this one depends upon directly. */
export function dependenciesOf(child: ContainerSummary, all: Iterable<ContainerSummary>): readonly ContainerSummary[] {
  return [...all].filter(
    (container) =>
      container.id !== child.id &&
      (dependencyOn(child, container) !== undefined ||
        (child.networkMode.kind === 'container' && child.networkMode.containerId === container.id)),
  );
}

/** What a dependant does about the restart of what it depends upon. */
export type FollowDecision = 'restart' | 'wait' | 'drop';

/**
 * Decides whether a dependant is restarted now. In order: it waits for the other one to be ready, and for whatever else it
 * depends upon and that is about to be restarted too, so that it is restarted once and last.
 */
export function decideToFollow(
  child: ContainerSnapshot,
  following: Following,
  facts: {
    readonly parent: ContainerSnapshot | undefined;
    readonly isAnotherDependencyPending: boolean;
    readonly timeoutMs: number;
    readonly nowMs: number;
  },
): FollowDecision {
  const { parent } = facts;
  const isTooLate = facts.nowMs - Date.parse(following.since) > facts.timeoutMs;
  if (parent === undefined || child.state !== 'running' || isTooLate) {
    return 'drop';
  }
  const isNewer =
    child.startedAt !== undefined && parent.startedAt !== undefined && isLater(child.startedAt, parent.startedAt);
  if (isNewer) {
    return 'drop';
  }
  const isReady =
    parent.state === 'running' && (!following.mustBeHealthy || parent.health === 'healthy' || parent.health === 'none');
  return isReady && !facts.isAnotherDependencyPending ? 'restart' : 'wait';
}

function dependencyOn(child: ContainerSummary, parent: ContainerSummary) {
  if (child.compose === undefined || child.compose.project !== parent.compose?.project) {
    return undefined;
  }
  const { service } = parent.compose;
  return child.compose.dependsOn.find((dependency) => dependency.service === service);
}
