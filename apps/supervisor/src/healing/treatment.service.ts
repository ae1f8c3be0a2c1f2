import type { ContainerSnapshot } from '@sentinel-forge/docker';
import type { Lease } from '../response/mitigation.record.js';
import { computeRestartDelayMs } from './backoff.js';
import type { Diagnosis } from './diagnosis.service.js';
import { type HealingRecord, type RestartIntent, restartsLimit } from './healing.record.js';
import { say, without } from './healing.saying.js';
import type { HealingPolicy } from './healing-policy.js';

type Ailing = Extract<Diagnosis, { readonly kind: 'ailing' }>;

/** What is to be done about a container, and what is to be remembered before it is done. */
export interface Treatment {
  readonly record: HealingRecord;
  /** Do this now. It stands in the record too. */
  readonly act?: RestartIntent;
  /** Look again then, also if nothing is heard of it. */
  readonly lookAgainAtMs?: number;
}

/** What a treatment takes into account beside the container. */
export interface TreatmentFacts {
  /**
   * Most of its group is unhealthy: not before then. Asked last, when all else says that it is restarted now: to be told
   * nothing is to be the one of its group that is.
   */
  readonly groupWaitsUntilMs?: () => number | undefined;
  /** From 0 up to, not including, 1. */
  readonly jitter: number;
  /** What an intent that is made now is leased with. */
  readonly lease: Lease;
  /** Those that are to be restarted after it, should it be restarted. */
  readonly dependantsOf: () => readonly string[];
  /** For the event: the last lines of the log and the like. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/**
 * Decides about one container. Pure: the same container, record, facts and time give the same treatment, whoever asks and
 * however often; an intent that is on record already is carried on with, not made again.
 */
export function treat(
  record: HealingRecord,
  container: ContainerSnapshot,
  diagnosis: Diagnosis,
  facts: TreatmentFacts,
  policy: HealingPolicy,
  nowMs: number,
): Treatment {
  const seen = settleIntent(remember(record, container), container, facts, policy, nowMs);
  switch (diagnosis.kind) {
    case 'well':
      // What only follows another one is well, and restarted all the same.
      return seen.intent?.isCounted === false
        ? carryOn(seen, seen.intent, facts, nowMs)
        : treatWell(seen, container, policy, nowMs);
    case 'leave':
    case 'unknown':
      return { record: dropIntent(seen) };
    case 'ailing':
      return seen.intent === undefined
        ? treatAiling(seen, container, diagnosis, facts, policy, nowMs)
        : carryOn(seen, seen.intent, facts, nowMs);
  }
}

/** An attempt that the engine refused: it counts, and the next one waits. */
export function noteFailure(record: HealingRecord, error: string): HealingRecord {
  return { ...dropIntent(record), lastReason: error.slice(0, 1024) };
}

/** A person says that it is to be tried again: everything of before is forgotten. */
export function rearm(record: HealingRecord): HealingRecord {
  return {
    ...calmDown(record),
    restarts: [],
    condition: record.condition === 'given-up' ? 'ailing' : record.condition,
  };
}

/** It was well for long enough: the next restart is at once again. The window of restarts goes by time alone. */
function calmDown(record: HealingRecord): HealingRecord {
  return { ...without(record, 'gaveUpAt', 'nextAttemptAt'), attempts: 0 };
}

/** The intent to restart what follows the restart of another container; it is help to nobody and counts as none. */
export function intendToFollow(
  record: HealingRecord,
  { startedAt }: ContainerSnapshot,
  { lease, dependantsOf }: Pick<TreatmentFacts, 'lease' | 'dependantsOf'>,
): Treatment {
  const name = record.following?.parentName ?? '';
  const intent: RestartIntent = {
    how: 'restart',
    reason: `${name}, which it depends upon, was restarted`,
    lease,
    isCounted: false,
    ...(startedAt === undefined ? {} : { startedAt }),
  };
  return { record: { ...without(record, 'following'), intent, dependants: dependantsOf() }, act: intent };
}

/** Another process may be at it at this moment; one that was killed is waited for until its lease is over. */
export function carryOn(
  record: HealingRecord,
  intent: RestartIntent,
  { lease }: Pick<TreatmentFacts, 'lease'>,
  nowMs: number,
): Treatment {
  const untilMs = Date.parse(intent.lease.until);
  return intent.lease.instance !== lease.instance && untilMs > nowMs
    ? { record, lookAgainAtMs: untilMs }
    : { record: { ...record, intent: { ...intent, lease } }, act: intent };
}

/** Nothing was done, and nothing is to be: it got well by itself, or it is no business of ours any more. */
function dropIntent(record: HealingRecord): HealingRecord {
  return record.intent === undefined ? record : { ...without(record, 'intent'), dependants: [] };
}

function remember(record: HealingRecord, container: ContainerSnapshot): HealingRecord {
  const isRunning = container.state === 'running';
  return {
    ...record,
    name: container.name,
    ...(isRunning && container.startedAt !== undefined ? { startedAt: container.startedAt } : {}),
  };
}

/** A process that is not the one that was to be ended: the restart has happened, whoever saw it through. */
function settleIntent(
  record: HealingRecord,
  container: ContainerSnapshot,
  { detail = {} }: TreatmentFacts,
  policy: HealingPolicy,
  nowMs: number,
): HealingRecord {
  const { intent } = record;
  if (intent === undefined || container.startedAt === intent.startedAt) {
    return record;
  }
  const attempt = intent.isCounted ? { attempt: record.attempts } : {};
  return say(without(record, 'intent'), 'restarted', container, policy.host, nowMs, {
    reason: intent.reason,
    ...attempt,
    detail,
  });
}

function treatWell(
  record: HealingRecord,
  container: ContainerSnapshot,
  policy: HealingPolicy,
  nowMs: number,
): Treatment {
  const since = record.wellSince ?? new Date(nowMs).toISOString();
  const calm = { ...without(dropIntent(record), 'nextAttemptAt'), wellSince: since };
  const recovered =
    calm.condition === 'well'
      ? calm
      : say({ ...calm, condition: 'well' }, 'healthy', container, policy.host, nowMs, {
          reason: container.health === 'healthy' ? 'its health check passes again' : 'it runs again',
          attempt: record.attempts,
        });
  const stableAtMs = Date.parse(since) + policy.stableMs;
  const hasPast = recovered.attempts > 0 || recovered.gaveUpAt !== undefined;
  if (!hasPast) {
    return { record: recovered };
  }
  return stableAtMs <= nowMs ? { record: calmDown(recovered) } : { record: recovered, lookAgainAtMs: stableAtMs };
}

function treatAiling(
  before: HealingRecord,
  container: ContainerSnapshot,
  diagnosis: Ailing,
  facts: TreatmentFacts,
  policy: HealingPolicy,
  nowMs: number,
): Treatment {
  const record = noteAiling(before, container, diagnosis, facts, policy, nowMs);
  if (record.gaveUpAt !== undefined) {
    const halfOpenAtMs = Date.parse(record.gaveUpAt) + policy.halfOpenAfterMs;
    return halfOpenAtMs > nowMs
      ? { record, lookAgainAtMs: halfOpenAtMs }
      : decideToAct({ ...record, gaveUpAt: new Date(nowMs).toISOString() }, container, diagnosis, facts, nowMs);
  }
  // In a row, too: where a health check takes minutes to fail, no window ever sees all of its restarts.
  if (Math.max(record.restarts.length, record.attempts) >= policy.maxRestarts) {
    return giveUp(record, container, diagnosis.reason, policy, nowMs);
  }
  // Drawn once for each attempt: asking again must neither shorten nor lengthen the wait.
  const nextAttemptMs =
    record.nextAttemptAt === undefined
      ? nowMs + computeRestartDelayMs(record.attempts, facts.jitter, policy)
      : // The clock may have been set back since: it waits for no longer than it ever would.
        Math.min(Date.parse(record.nextAttemptAt), nowMs + policy.backoffCapMs);
  const waitsUntilMs = nextAttemptMs > nowMs ? nextAttemptMs : (facts.groupWaitsUntilMs?.() ?? 0);
  return waitsUntilMs > nowMs
    ? { record: { ...record, nextAttemptAt: new Date(nextAttemptMs).toISOString() }, lookAgainAtMs: waitsUntilMs }
    : decideToAct(record, container, diagnosis, facts, nowMs);
}

function noteAiling(
  before: HealingRecord,
  container: ContainerSnapshot,
  { reason }: Ailing,
  { detail = {} }: TreatmentFacts,
  policy: HealingPolicy,
  nowMs: number,
): HealingRecord {
  const wasStable = before.wellSince !== undefined && nowMs - Date.parse(before.wellSince) >= policy.stableMs;
  const record = without(wasStable ? calmDown(before) : before, 'wellSince');
  const restarts = record.restarts.filter((at) => Date.parse(at) > nowMs - policy.windowMs);
  const noted: HealingRecord = { ...record, lastReason: reason, restarts };
  return noted.condition === 'well'
    ? say({ ...noted, condition: 'ailing' }, 'unhealthy', container, policy.host, nowMs, { reason, detail })
    : noted;
}

function decideToAct(
  record: HealingRecord,
  { startedAt }: ContainerSnapshot,
  { help, reason }: Ailing,
  { lease, dependantsOf }: TreatmentFacts,
  nowMs: number,
): Treatment {
  const intent: RestartIntent = {
    how: help,
    reason,
    lease,
    isCounted: true,
    ...(startedAt === undefined ? {} : { startedAt }),
  };
  const restarts = [...record.restarts, new Date(nowMs).toISOString()].slice(-restartsLimit);
  const next = {
    ...without(record, 'nextAttemptAt'),
    attempts: record.attempts + 1,
    restarts,
    intent,
    dependants: dependantsOf(),
  };
  return { record: next, act: intent };
}

function giveUp(
  record: HealingRecord,
  container: ContainerSnapshot,
  reason: string,
  policy: HealingPolicy,
  nowMs: number,
): Treatment {
  const gaveUp: HealingRecord = { ...record, condition: 'given-up', gaveUpAt: new Date(nowMs).toISOString() };
  const said = say(gaveUp, 'gave-up', container, policy.host, nowMs, {
    reason: `${reason}, after ${restartsOf(record, policy)}; find out why, then \`forge healing rearm ${container.name}\``,
    attempt: record.attempts,
  });
  return { record: said, lookAgainAtMs: nowMs + policy.halfOpenAfterMs };
}

function restartsOf({ restarts, attempts }: HealingRecord, { maxRestarts, windowMs }: HealingPolicy): string {
  return restarts.length >= maxRestarts
    ? `${restarts.length} restarts within ${Math.round(windowMs / 60_000)} min`
    : `${attempts} restarts in a row`;
}
