import type { ActionName } from '@sentinel-forge/contracts';
import { isGhost, whyNotDetachable } from '@sentinel-forge/docker';
import type { Step } from '../docker-call.js';
import type { Aspect } from '../mitigation.record.js';
import { detachableNetworks, isUp } from '../target-before.js';
import type { ContainmentState, Situation } from './action.js';

/** What the two isolating actions need of the Engine API. */
export const isolationNeeds = [
  'GET /containers/{id}/json',
  'GET /networks/{id}',
  'POST /networks/{id}/disconnect',
  'POST /networks/{id}/connect',
  'POST /containers/{id}/pause',
  'POST /containers/{id}/stop',
  'POST /containers/{id}/start',
  'POST /containers/{id}/kill',
  'POST /containers/{id}/restart',
] as const;

/** How an isolation is taken back; see {@link planRelease}. */
export const isolationReversal =
  'It is restarted while it is still detached, so that no connection of before goes on, and then put on its networks ' +
  'with its static addresses, aliases, links and driver options.';

/** What an isolation changes on this target: its networks, or its process where there is no network to take. */
export function isolationHolds({ current }: Situation): readonly Aspect[] {
  if (whyNotDetachable(current.networkMode) !== undefined) {
    return ['process'];
  }
  return current.state === 'restarting' ? ['networks', 'process'] : ['networks'];
}

/**
 * Takes the container off every network, or pauses it where the engine cannot (the host's network, or another
 * container's). A container between two tries of its restart policy can neither be taken off a network nor be paused
 * (measured, 20.10), so it is stopped first.
 */
export function planIsolation({ current }: Situation): readonly Step[] {
  if (whyNotDetachable(current.networkMode) !== undefined) {
    return planFreeze(current);
  }
  const detach = detachableNetworks(current).map(
    ({ networkName, networkId }): Step => ({
      call: 'detach',
      id: current.id,
      networkName,
      ...(networkId === undefined ? {} : { networkId }),
    }),
  );
  return current.state === 'restarting' && detach.length > 0 ? [stopAtOnce(current.id), ...detach] : detach;
}

/** What contradicts an isolation, seen from the container and from the networks. */
export function isolationProblems({ current, memberOf }: Situation): readonly string[] {
  if (whyNotDetachable(current.networkMode) !== undefined) {
    return current.state === 'running' || current.state === 'restarting' ? [`the container is ${current.state}`] : [];
  }
  return [
    ...detachableNetworks(current)
      .filter((network) => !isGhost(network, isUp(current)))
      .map(({ networkName }) => `the container is on ${networkName}`),
    ...memberOf.map((network) => `${network} lists the container`),
  ];
}

/** How an isolated target is contained. */
export function isolationContainment(situation: Situation): ContainmentState {
  const because = whyNotDetachable(situation.current.networkMode);
  return because === undefined
    ? { contained: 'isolated' }
    : { contained: 'paused', because: `paused instead of isolated, because ${because}` };
}

/** Whether an action could only pause this container, because there was no network to take away. */
export function isIsolatedByPause(action: ActionName, { networkMode }: Situation['current']): boolean {
  return (action === 'isolate' || action === 'quarantine') && whyNotDetachable(networkMode) !== undefined;
}

function planFreeze({ id, state }: Situation['current']): readonly Step[] {
  switch (state) {
    case 'running':
      return [{ call: 'pause', id }];
    case 'restarting':
      return [stopAtOnce(id)];
    default:
      return [];
  }
}

function stopAtOnce(id: string): Step {
  return { call: 'stop', id, stopTimeoutSeconds: 0 };
}
