import type { ContainerSnapshot } from '@sentinel-forge/docker';
import { isLater } from '../engine-watch/engine-time.js';
import type { HealingRecord } from './healing.record.js';

/** What a look at a container comes to. */
export type Diagnosis =
  | { readonly kind: 'well' }
  /** Something is going on that is not the healer's: the reason is for people who ask why nothing happens. */
  | { readonly kind: 'leave'; readonly why: string }
  /** It does not run, and nobody knows whether it should. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'ailing'; readonly help: 'restart' | 'start'; readonly reason: string };

/** What is known beside the container and its record. */
export interface DiagnosisFacts {
  /** A mitigation holds it: whatever is wrong with it may be meant to be. */
  readonly isHeld: boolean;
  /** Nothing that ran before the engine was away runs on: its end is nobody's wish, whatever its exit code. */
  readonly diedWithEngine: boolean;
  /** It ended because of a signal that was no stop: its exit code says nothing about its work. */
  readonly wasKilled: boolean;
  /** Somebody has just sent it a signal that may be meant to end it; a restart would undo that. */
  readonly isEnding: boolean;
  /** It was paused until a moment ago, and so failed every check. */
  readonly isHealthStale: boolean;
  /** What died is left alone. */
  readonly isOnlyRunning: boolean;
  /** When the container whose network it shares was started, where it shares one. */
  readonly namespaceStartedAt?: string;
}

/** What is wrong with a container, if anything. */
export function diagnose(container: ContainerSnapshot, { wish }: HealingRecord, facts: DiagnosisFacts): Diagnosis {
  const { state } = container;
  if (facts.isHeld) {
    return { kind: 'leave', why: 'a mitigation is in force on it' };
  }
  switch (state) {
    case 'paused':
      return { kind: 'leave', why: 'it is paused' };
    case 'restarting':
      return { kind: 'leave', why: 'its restart policy is about to start it' };
    case 'created':
      return { kind: 'leave', why: 'it was never started' };
    case 'removing':
    case 'dead':
      return { kind: 'leave', why: 'it is being removed' };
    case 'running':
      return diagnoseRunning(container, facts);
    case 'exited':
      if (facts.isOnlyRunning) {
        return { kind: 'leave', why: 'it does not run, and only what runs is healed' };
      }
      return diagnoseExited(container, wish, facts);
  }
}

function diagnoseRunning(
  { startedAt, health }: ContainerSnapshot,
  { namespaceStartedAt, isEnding, isHealthStale }: DiagnosisFacts,
): Diagnosis {
  if (isEnding) {
    return { kind: 'leave', why: 'somebody may be stopping it at this moment' };
  }
  if (health === 'unhealthy' && isHealthStale) {
    return { kind: 'leave', why: 'it was paused until a moment ago' };
  }
  if (health === 'unhealthy') {
    return { kind: 'ailing', help: 'restart', reason: 'its health check fails' };
  }
  if (namespaceStartedAt !== undefined && startedAt !== undefined && isLater(namespaceStartedAt, startedAt)) {
    return { kind: 'ailing', help: 'restart', reason: 'the container whose network it shares was started anew' };
  }
  return health === 'starting' ? { kind: 'leave', why: 'it is starting' } : { kind: 'well' };
}

function diagnoseExited(
  { exitCode, isOomKilled }: ContainerSnapshot,
  wish: HealingRecord['wish'],
  { diedWithEngine, wasKilled }: DiagnosisFacts,
): Diagnosis {
  if (wish === 'stopped') {
    return { kind: 'leave', why: 'it was stopped, or has done its work' };
  }
  if (wish === 'unknown') {
    return { kind: 'unknown' };
  }
  if (exitCode === 0 && !diedWithEngine && !wasKilled) {
    return { kind: 'leave', why: 'it has done its work: it ended with exit code 0' };
  }
  const cause = isOomKilled ? 'it ran out of memory' : `it ended with exit code ${exitCode}`;
  return {
    kind: 'ailing',
    help: 'start',
    reason: diedWithEngine ? 'it ended with the engine' : `${cause}, and nobody stopped it`,
  };
}
