import { type ContainerSnapshot, isGhost } from '@sentinel-forge/docker';
import { isLater } from '../engine-watch/engine-time.js';
import type { Step } from './docker-call.js';
import type { Aspect, ReleaseStart } from './mitigation.record.js';
import { type AttachmentBefore, isUp, type TargetBefore } from './target-before.js';

/** What a release starts from, and how things are by now. */
export interface ReleaseSituation {
  readonly before: TargetBefore;
  readonly holds: readonly Aspect[];
  /** It was the mitigation that stopped it, where it holds the process; a pause stops nothing. */
  readonly wasHalted: boolean;
  /** Paused because there was no network to take away: its connections are to be cut, as an isolation cuts them. */
  readonly isPausedForIsolation: boolean;
  readonly start: ReleaseStart;
  readonly current: ContainerSnapshot;
  /** Running containers that share the network namespace of this one. */
  readonly followers: readonly Follower[];
  readonly evidence: ReadonlySet<string>;
  /** Networks that were found gone: there is nothing to connect to any more. */
  readonly vanished: ReadonlySet<string>;
  readonly stopTimeoutSeconds: number;
  readonly tailLines: number;
}

/** A container in another one's network namespace. */
export interface Follower {
  readonly id: string;
  readonly startedAt?: string;
}

/**
 * What is left to do until the container is as it was; empty when it is. In this order, and for these reasons:
 *
 * 1. **Evidence**, because a restart destroys what is in memory.
 * 2. **Restart while detached.** A TCP connection of before freezes when its network goes and resumes with its buffered data
 *    when it comes back (measured). A restart while there is no network leaves no moment at which it could.
 *    A *paused* container is killed and then started, never stopped or restarted: the engine thaws it to let it see
 *    SIGTERM, and until the stop timeout its old connections flow (measured, 20.10: thousands of writes in 2 s, dozens
 *    even with a timeout of 0). SIGKILL waits for the frozen process: not one instruction of it is run again.
 *    That is all the guarantee there is for `--network host` and `container:X`, and it is enough.
 * 3. **Networks**, each with what was asked for it before. Dynamic addresses are the engine's to give.
 * 4. **Limits**, and **unpausing** where a pause was all that was done.
 * 5. **Followers**: who shares the network namespace of a restarted container holds a dead one until it restarts too.
 *
 * What did not run before is not started, and what a person stopped meanwhile stays stopped.
 */
export function planRelease(situation: ReleaseSituation): readonly Step[] {
  const process = planProcess(situation);
  return [
    ...planCapture(situation, process),
    ...process,
    ...missingNetworks(situation).map((attachment): Step => ({ call: 'attach', id: situation.current.id, attachment })),
    ...planLimits(situation),
    ...planFollowers(situation),
  ];
}

/** What could not be given back, for people: networks that are gone, or that somebody put it on in another way. */
export function releaseRemarks(situation: ReleaseSituation): readonly string[] {
  const { before, current, holds, vanished } = situation;
  if (!holds.includes('networks')) {
    return [];
  }
  return before.networks.flatMap((attachment) => {
    const { networkName, requested } = attachment;
    if (vanished.has(networkName)) {
      return [`the network ${networkName} is gone`];
    }
    const now = current.networks.find((network) => network.networkName === networkName);
    if (now === undefined) {
      return [];
    }
    if (now.requested.ipv4Address !== requested.ipv4Address) {
      return [`somebody connected it to ${networkName} as ${now.requested.ipv4Address ?? 'a dynamic address'}`];
    }
    const { macAddress } = now.assigned;
    const hasOtherMac = requested.macAddress !== undefined && ![undefined, requested.macAddress].includes(macAddress);
    return hasOtherMac
      ? [`the engine gives ${requested.macAddress} on ${networkName} only to a container that is made anew`]
      : [];
  });
}

/** The networks of before that the container is not on. */
function missingNetworks({ before, current, holds, vanished }: ReleaseSituation): readonly AttachmentBefore[] {
  if (!holds.includes('networks')) {
    return [];
  }
  const present = current.networks.filter((network) => !isGhost(network, isUp(current)));
  const names = new Set(present.map((network) => network.networkName));
  return before.networks.filter(({ networkName }) => !names.has(networkName) && !vanished.has(networkName));
}

function planCapture({ current, evidence, tailLines }: ReleaseSituation, process: readonly Step[]): readonly Step[] {
  const isDestructive = process.some(({ call }) => call === 'restart' || call === 'kill');
  return isDestructive && !evidence.has('before-release')
    ? [{ call: 'capture', id: current.id, label: 'before-release', tailLines }]
    : [];
}

function planProcess(situation: ReleaseSituation): readonly Step[] {
  const { before, current, holds, start } = situation;
  const { id } = current;
  const mustCut = situation.isPausedForIsolation || missingNetworks(situation).length > 0;
  // Another process than at the beginning was started by this release, or after it: it has no connection of before.
  const isOldProcess = current.startedAt === start.startedAt;
  // Frozen it was, and frozen it is to be again; a moment awake is the price of cutting its connections.
  const pauseAgain: readonly Step[] = before.state === 'paused' ? [{ call: 'pause', id }] : [];
  if (!isUp(current)) {
    const isHalfCut = start.isUp && mustCut;
    const isOursToStart = situation.wasHalted && holds.includes('process') && isUp(before);
    return isOldProcess && (isHalfCut || isOursToStart) ? [{ call: 'start', id }, ...pauseAgain] : [];
  }
  if (mustCut && isOldProcess) {
    return [...planCut(situation), ...pauseAgain];
  }
  return current.state === 'paused' ? planUnpause(situation) : isOldProcess ? [] : pauseAgain;
}

function planUnpause({ before, current, holds }: ReleaseSituation): readonly Step[] {
  return before.state !== 'paused' && holds.includes('process') ? [{ call: 'unpause', id: current.id }] : [];
}

function planCut({ current, stopTimeoutSeconds }: ReleaseSituation): readonly Step[] {
  const { id } = current;
  return current.state === 'paused'
    ? [
        { call: 'kill', id },
        { call: 'start', id },
      ]
    : [{ call: 'restart', id, stopTimeoutSeconds }];
}

function planLimits({ before, current, holds }: ReleaseSituation): readonly Step[] {
  const { limits: former } = before;
  const { limits } = current;
  // An unlimited CPU reads 0 before and -1 after it was lifted, and memory that had no limit keeps the host's (see libs/docker).
  const isCpuBack =
    former.nanoCpus === limits.nanoCpus && Math.max(0, former.cpuQuotaMicros) === Math.max(0, limits.cpuQuotaMicros);
  const isMemoryBack =
    former.memoryBytes === limits.memoryBytes || (former.memoryBytes === 0 && limits.memorySwapBytes === -1);
  const arePidsBack = Math.max(0, former.pidsLimit) === Math.max(0, limits.pidsLimit);
  return holds.includes('limits') && !(isCpuBack && isMemoryBack && arePidsBack)
    ? [{ call: 'unthrottle', id: current.id, former }]
    : [];
}

function planFollowers({ current, followers, stopTimeoutSeconds }: ReleaseSituation): readonly Step[] {
  const { startedAt } = current;
  if (startedAt === undefined || !isUp(current)) {
    return [];
  }
  return followers
    .filter((follower) => follower.startedAt !== undefined && isLater(startedAt, follower.startedAt))
    .map(({ id }) => ({ call: 'restart', id, stopTimeoutSeconds }));
}
