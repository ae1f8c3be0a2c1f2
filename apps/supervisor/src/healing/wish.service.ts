import type { ContainerEvent, ContainerSnapshot } from '@sentinel-forge/docker';
import type { Wish } from './healing.record.js';

/**
 * What an event says about whether somebody wants the container to run; undefined when it says nothing about that.
 *
 * A stop is told by its `stop` event alone: a kill emits none, and the exit code is 137 after either (measured). A process
 * that ends by itself with 0 has done its work: it is no more wanted than one that was stopped. One that ends with 0
 * because it was sent a signal was stopped or killed, and the `stop` event, or its want, tells which.
 *
 * @param facts isOwnAct: the supervisor itself is stopping or starting it at this moment, which is nobody's wish
 */
export function wishOf(
  event: ContainerEvent,
  facts: { readonly isOwnAct: boolean; readonly wasSignalled: boolean },
): Wish | undefined {
  if (facts.isOwnAct) {
    return undefined;
  }
  switch (event.action) {
    case 'start':
      return 'running';
    case 'stop':
      return 'stopped';
    case 'die':
      return event.exitCode === 0 && !facts.wasSignalled ? 'stopped' : undefined;
    default:
      return undefined;
  }
}

/** What can be told from looking: what runs is wanted to run. Whatever does not may have been stopped, or not. */
export function wishSeen({ state }: Pick<ContainerSnapshot, 'state'>): Wish | undefined {
  return state === 'running' || state === 'paused' || state === 'restarting' ? 'running' : undefined;
}
