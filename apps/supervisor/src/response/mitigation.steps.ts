import { isLasting } from './actions/catalogue.js';
import { isInForce, supervisorActor } from './in-force.js';
import type { InputOf } from './mitigation.input.js';
import type { Aspect, MitigationRecord } from './mitigation.record.js';
import { addCalls, addHistory, oneLine, say, without } from './mitigation.saying.js';
import { actRetry, computeRetryDelayMs, maxActFailures, releaseRetry } from './retry.js';

/** How soon what escaped and could not be contained again is looked at again. */
const recheckAfterMs = 60_000;

/** The guards, or a person, said no. */
export function reject(
  record: MitigationRecord,
  { actor, reason }: InputOf<'rejected'>,
  nowMs: number,
): MitigationRecord {
  const next = without({ ...record, state: 'rejected' as const }, 'approveBefore');
  return say(addHistory(next, { actor, reason }, nowMs), 'rejected', { actor, reason }, nowMs);
}

/** A person has to approve it; says so, and how. */
export function awaitApproval(
  record: MitigationRecord,
  { reason, approveBeforeMs }: InputOf<'approval-awaited'>,
  nowMs: number,
): MitigationRecord {
  const next = { ...record, approveBefore: instant(approveBeforeMs) };
  const step = { actor: supervisorActor, reason };
  return say(addHistory(next, step, nowMs), 'self', step, nowMs, { approveBefore: next.approveBefore });
}

/** A person has approved it. */
export function approve(
  record: MitigationRecord,
  { actor, reason }: InputOf<'approved'>,
  nowMs: number,
): MitigationRecord {
  const next = without({ ...record, state: 'approved' as const, approvedBy: actor }, 'approveBefore');
  return say(addHistory(next, { actor, reason }, nowMs), 'approved', { actor, reason }, nowMs);
}

/** Something equal or stronger holds the target already. */
export function join(
  record: MitigationRecord,
  { to, until, contained }: InputOf<'joined'>,
  nowMs: number,
): MitigationRecord {
  const next: MitigationRecord = {
    ...record,
    state: 'applied',
    joinedTo: to,
    contained,
    appliedAt: instant(nowMs),
    ...(until === undefined ? {} : { until }),
  };
  const step = { actor: supervisorActor, reason: `joined to ${to}, which is in force on the container already` };
  return say(addHistory(next, step, nowMs), 'applied', step, nowMs);
}

/** Another one is joined to it; the same one joins once. */
export function acceptJoin(record: MitigationRecord, { by, untilMs }: InputOf<'join-accepted'>): MitigationRecord {
  if (record.joins.includes(by)) {
    return record;
  }
  return extend({ ...record, joins: [...record.joins, by].slice(-1024) }, untilMs);
}

/** The later end wins, and never is the latest. What was not applied yet takes the end as the earliest it may have. */
function extend(record: MitigationRecord, untilMs: number | undefined): MitigationRecord {
  if (untilMs === undefined) {
    return { ...without(record, 'until'), isEndless: true };
  }
  const isEndless = record.isEndless || (record.appliedAt !== undefined && record.until === undefined);
  const isLater = record.until === undefined || Date.parse(record.until) < untilMs;
  return !isEndless && isLater ? { ...record, until: instant(untilMs) } : record;
}

/** Everything was checked, and nothing is done to the container. */
export function note(
  record: MitigationRecord,
  { calls, contained }: InputOf<'noted'>,
  nowMs: number,
): MitigationRecord {
  const { request } = record;
  const next = addCalls({ ...record, state: 'applied' as const, appliedAt: instant(nowMs), contained }, calls);
  const reason = request.simulated === true ? `simulated, nothing was done: ${request.reason}` : request.reason;
  const step = { actor: supervisorActor, reason };
  return say(addHistory(next, step, nowMs), 'applied', step, nowMs);
}

/** The intent of a try. What was before the first try stays what was before. */
export function begin(record: MitigationRecord, input: InputOf<'begun'>, nowMs: number): MitigationRecord {
  const next: MitigationRecord = {
    ...without(record, 'retryAt'),
    state: 'executing',
    // What was before the first try is what was before; a second look would take our own doing for it.
    before: record.before ?? input.before,
    holds: union(record.holds, input.holds),
    lease: input.lease,
  };
  const { upgrades } = input;
  const upgrading = upgrades === undefined ? next : { ...extend(next, timeOf(upgrades.until)), upgrades: upgrades.id };
  return record.state === 'executing'
    ? upgrading
    : addHistory(upgrading, { actor: supervisorActor, reason: record.request.reason }, nowMs);
}

/** It is in force, and verified; or it is so again. */
export function apply(record: MitigationRecord, input: InputOf<'applied'>, nowMs: number): MitigationRecord {
  const { contained, because, calls, remarks } = input;
  const isAgain = record.appliedAt !== undefined;
  const until = isAgain ? record.until : endOf(record, nowMs);
  const next: MitigationRecord = {
    ...settled(record),
    state: 'applied',
    contained,
    failures: 0,
    isTargetGone: false,
    appliedAt: record.appliedAt ?? instant(nowMs),
    ...(because === undefined ? {} : { containedBecause: because }),
  };
  const ending = until === undefined ? without(next, 'until') : { ...next, until };
  const reason = [
    isAgain ? `contained again after it escaped: ${record.lastError ?? ''}` : record.request.reason,
    ...(because === undefined ? [] : [because]),
    ...remarks,
  ].join('; ');
  const step = { actor: supervisorActor, reason };
  const withCalls = addCalls(without(ending, 'lastError'), calls);
  return say(addHistory(withCalls, step, nowMs), 'applied', step, nowMs, {
    ...(isAgain ? { escapes: record.escapes } : {}),
    ...(record.upgrades === undefined ? {} : { upgrades: record.upgrades }),
  });
}

/** The time to live counts from when it is applied; what was joined meanwhile may have put the end later already. */
function endOf({ request, until, isEndless }: MitigationRecord, nowMs: number): string | undefined {
  if (isEndless || request.ttlMs === undefined || request.hold === true || !isLasting(request.action)) {
    return undefined;
  }
  const endMs = nowMs + request.ttlMs;
  return instant(until === undefined ? endMs : Math.max(endMs, Date.parse(until)));
}

/** A try ended badly: another one, or the end. */
export function failToAct(record: MitigationRecord, input: InputOf<'act-failed'>, nowMs: number): MitigationRecord {
  const failures = record.failures + (input.isEngineAway ? 0 : 1);
  const lastError = oneLine(input.error);
  const failed = addCalls({ ...settled(record), failures, lastError }, input.calls);
  const isExhausted = !input.isEngineAway && (!input.canRetry || failures >= maxActFailures);
  if (!isExhausted) {
    const delayMs = computeRetryDelayMs(actRetry, input.isEngineAway ? maxActFailures : failures, input.jitter);
    return { ...failed, retryAt: instant(nowMs + delayMs) };
  }
  const step = { actor: supervisorActor, reason: `it could not be carried out: ${lastError}` };
  if (record.appliedAt !== undefined) {
    // It was in force and the target escaped: what is left of it stays, and it is tried again later.
    const next = { ...failed, state: 'applied' as const, failures: 0, contained: 'none' as const };
    const retryAt = instant(nowMs + recheckAfterMs);
    return say(addHistory({ ...next, retryAt }, step, nowMs), 'failed', step, nowMs, { nextTryAt: retryAt });
  }
  // A part may have been done. Where a weaker one is still in force, its release gives that back; else this one's own does.
  const mustGiveBack = isInForce(record) && record.upgrades === undefined;
  const next: MitigationRecord = mustGiveBack
    ? { ...failed, state: 'releasing', endsAs: 'failed', failures: 0 }
    : { ...failed, state: 'failed' };
  return say(addHistory(next, step, nowMs), 'failed', step, nowMs);
}

/** What was in force is so no more; it is brought into force again. */
export function noteEscape(
  record: MitigationRecord,
  { problems }: InputOf<'escaped'>,
  nowMs: number,
): MitigationRecord {
  const reason = oneLine(problems.join('; '));
  const next: MitigationRecord = {
    ...without(record, 'retryAt'),
    state: 'executing',
    escapes: record.escapes + 1,
    failures: 0,
    lastError: reason,
  };
  return addHistory(next, { actor: supervisorActor, reason: `it escaped: ${reason}` }, nowMs);
}

/** The container is gone. */
export function loseTarget(record: MitigationRecord, nowMs: number): MitigationRecord {
  if (record.state === 'executing' && record.appliedAt === undefined) {
    const step = { actor: supervisorActor, reason: 'the container is gone' };
    return say(addHistory({ ...settled(record), state: 'failed' }, step, nowMs), 'failed', step, nowMs);
  }
  const next: MitigationRecord = { ...settled(record), state: 'applied', isTargetGone: true, contained: 'none' };
  return addHistory(
    next,
    { actor: supervisorActor, reason: 'the container was removed; should it come back, it is met again' },
    nowMs,
  );
}

/** Its time is over, or a person wants it back. */
export function askRelease(record: MitigationRecord, input: InputOf<'release-asked'>, nowMs: number): MitigationRecord {
  const { actor, reason } = input;
  const next: MitigationRecord = {
    // The lease stays: whoever is acting at this moment is waited for.
    ...without(record, 'retryAt'),
    state: 'releasing',
    failures: 0,
    releasedBy: actor,
    releaseReason: oneLine(reason),
  };
  return addHistory(next, { actor, reason }, nowMs);
}

/** Everything that can be was given back. */
export function release(
  record: MitigationRecord,
  { calls, remarks }: InputOf<'released'>,
  nowMs: number,
): MitigationRecord {
  const actor = record.releasedBy ?? supervisorActor;
  const next = addCalls(
    without({ ...settled(record), state: record.endsAs, contained: 'none', failures: 0 }, 'lastError'),
    calls,
  );
  const why = record.releaseReason ?? 'what could be done of it was taken back';
  const step = { actor, reason: [why, ...remarks].join('; ') };
  const done = addHistory(next, step, nowMs);
  // That it failed was said when it did.
  return record.endsAs === 'failed' ? done : say(done, 'released', step, nowMs);
}

/** A try to give back ended badly; told once, and tried for as long as it takes. */
export function failToRelease(
  record: MitigationRecord,
  input: InputOf<'release-failed'>,
  nowMs: number,
): MitigationRecord {
  const failures = record.failures + 1;
  const lastError = oneLine(input.error);
  const retryAt = instant(nowMs + computeRetryDelayMs(releaseRetry, failures, input.jitter));
  const next = addCalls({ ...settled(record), failures, lastError, retryAt }, input.calls);
  if (record.isReleaseTroubleTold || input.isEngineAway) {
    return next;
  }
  const step = { actor: supervisorActor, reason: `it could not be released yet, and is tried again: ${lastError}` };
  return say(addHistory({ ...next, isReleaseTroubleTold: true }, step, nowMs), 'failed', step, nowMs, {
    nextTryAt: retryAt,
  });
}

/** Something stronger has taken its place, and everything that it held. */
export function supersede(record: MitigationRecord, { by }: InputOf<'superseded'>, nowMs: number): MitigationRecord {
  const next: MitigationRecord = { ...settled(record), state: 'released', contained: 'none', supersededBy: by };
  const step = { actor: supervisorActor, reason: `${by} has taken its place; nothing was given back in between` };
  return say(addHistory(next, step, nowMs), 'released', step, nowMs, { upgradedTo: by });
}

/** What it was joined to has ended. */
export function endWithHost(
  record: MitigationRecord,
  { host, actor, reason }: InputOf<'host-ended'>,
  nowMs: number,
): MitigationRecord {
  const step = { actor, reason: `${host}, which it was joined to, has ended: ${reason}` };
  const next: MitigationRecord = { ...record, state: 'released', contained: 'none' };
  return say(addHistory(next, step, nowMs), 'released', step, nowMs);
}

/** Without what belongs to one try only. */
function settled(record: MitigationRecord): MitigationRecord {
  return without(record, 'lease', 'retryAt');
}

/** Both, each once. */
export function union(a: readonly Aspect[], b: readonly Aspect[]): readonly Aspect[] {
  return [...new Set([...a, ...b])];
}

function timeOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}

/** A time as the record keeps it. */
export function instant(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
