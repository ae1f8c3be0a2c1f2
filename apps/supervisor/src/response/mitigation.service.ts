import type { MitigationRequested, MitigationState } from '@sentinel-forge/contracts';
import { isLasting } from './actions/catalogue.js';
import type { InputOf, MitigationInput } from './mitigation.input.js';
import type { Aspect, MitigationRecord } from './mitigation.record.js';
import { addCalls, addHistory, oneLine, say, without } from './mitigation.saying.js';
import { actRetry, computeRetryDelayMs, maxActFailures, releaseRetry } from './retry.js';

/** What comes of an input: the next state of the record, or why it does not apply. */
export type Advance =
  | { readonly isAccepted: true; readonly record: MitigationRecord }
  | { readonly isAccepted: false; readonly reason: string };

/** The name that this app acts under. */
export const supervisorActor = 'supervisor';
/** How soon what escaped and could not be contained again is looked at again. */
const recheckAfterMs = 60_000;

/** A mitigation as it is when its request arrives. */
export function newMitigation(
  request: MitigationRequested,
  from: { readonly sender: string; readonly traceparent: string; readonly succeeds?: string },
  nowMs: number,
): MitigationRecord {
  const record: MitigationRecord = {
    version: 1,
    id: request.mitigationId,
    request,
    sender: from.sender,
    traceparent: from.traceparent,
    ...(from.succeeds === undefined ? {} : { succeeds: from.succeeds }),
    receivedAt: instant(nowMs),
    state: 'requested',
    holds: [],
    contained: 'none',
    isEndless: false,
    joins: [],
    failures: 0,
    endsAs: 'released',
    isReleaseTroubleTold: false,
    isTargetGone: false,
    escapes: 0,
    calls: [],
    history: [],
    said: 0,
    unsaid: [],
  };
  return addHistory(record, { actor: from.sender, reason: request.reason }, nowMs);
}

/**
 * The state machine: requested → (approved) → executing → applied → releasing → released, or rejected, or failed.
 *
 * Pure. What a step makes true it also puts into `unsaid`, so that state and event are stored in one write; what is to be
 * done next is derived from the record ({@link workOf}) and never held in memory only.
 */
export function advance(record: MitigationRecord, input: MitigationInput, nowMs: number): Advance {
  const allowed = statesFor[input.kind];
  if (!allowed.includes(record.state)) {
    return refused(refusals[input.kind] ?? `it is ${record.state}`);
  }
  switch (input.kind) {
    case 'rejected':
      return accepted(reject(record, input, nowMs));
    case 'approval-awaited':
      return accepted(awaitApproval(record, input, nowMs));
    case 'approved':
      return record.approveBefore === undefined
        ? refused('it does not wait for approval')
        : accepted(approve(record, input, nowMs));
    case 'joined':
      return accepted(join(record, input, nowMs));
    case 'join-accepted':
      return record.joinedTo === undefined ? accepted(acceptJoin(record, input)) : refused('it is joined itself');
    case 'noted':
      return accepted(note(record, input, nowMs));
    case 'begun':
      return isLeasedToAnother(record, input.lease.instance, nowMs)
        ? refused(leased)
        : accepted(begin(record, input, nowMs));
    case 'widened':
      return accepted({ ...record, holds: union(record.holds, input.holds) });
    case 'applied':
      return accepted(apply(record, input, nowMs));
    case 'act-failed':
      return accepted(failToAct(record, input, nowMs));
    case 'escaped':
      return isInForce(record) ? accepted(escape(record, input, nowMs)) : refused('nothing of it is in force');
    case 'found-well':
      return accepted({ ...without(record, 'retryAt', 'lastError'), contained: input.contained });
    case 'target-gone':
      return record.isTargetGone ? refused('that is known') : accepted(loseTarget(record, nowMs));
    case 'release-asked':
      return canRelease(record) ? accepted(askRelease(record, input, nowMs)) : refused('nothing of it is in force');
    case 'release-begun':
      if (isLeasedToAnother(record, input.lease.instance, nowMs)) {
        return refused(leased);
      }
      return accepted({
        ...without(record, 'retryAt'),
        releaseStart: record.releaseStart ?? input.start,
        lease: input.lease,
      });
    case 'released':
      return accepted(release(record, input, nowMs));
    case 'release-failed':
      return accepted(failToRelease(record, input, nowMs));
    case 'superseded':
      return isInForce(record) ? accepted(supersede(record, input, nowMs)) : refused('nothing of it is in force');
    case 'host-ended':
      return record.joinedTo === input.host
        ? accepted(endWithHost(record, input, nowMs))
        : refused('it is not joined to that');
    case 'rejoined':
      return record.joinedTo === input.host
        ? accepted({ ...record, joinedTo: input.to })
        : refused('it is not joined to that');
    case 'said':
      return accepted({ ...record, unsaid: record.unsaid.filter((event) => !input.ids.includes(event.id)) });
  }
}

/** Whether it holds a container right now, or has begun to. */
export function isInForce(record: MitigationRecord): boolean {
  return isLasting(record.request.action) && holdingStates.includes(record.state) && record.request.simulated !== true;
}

/** Whether it will never change again. A one-shot action ends as `applied`: there is nothing to take back. */
export function isFinal(record: MitigationRecord): boolean {
  return (
    record.state === 'released' ||
    record.state === 'failed' ||
    record.state === 'rejected' ||
    (record.state === 'applied' && !isInForce(record))
  );
}

const holdingStates: readonly MitigationState[] = ['executing', 'applied', 'releasing'];
const everyState: readonly MitigationState[] = [
  'requested',
  'approved',
  'executing',
  'applied',
  'releasing',
  'released',
  'failed',
  'rejected',
];

/** What a person is told who wants what its state does not allow. */
const refusals: Partial<Record<MitigationInput['kind'], string>> = {
  approved: 'it does not wait for approval',
  rejected: 'it was carried out or is over; what is in force can be released',
  'release-asked': 'nothing of it is in force; what was not carried out yet can be rejected',
};

/** In which states an input means anything. */
const statesFor: Readonly<Record<MitigationInput['kind'], readonly MitigationState[]>> = {
  rejected: ['requested', 'approved'],
  'approval-awaited': ['requested'],
  approved: ['requested'],
  joined: ['requested', 'approved'],
  'join-accepted': ['executing', 'applied'],
  noted: ['requested', 'approved'],
  begun: ['requested', 'approved', 'executing'],
  widened: ['executing', 'applied', 'releasing'],
  applied: ['executing'],
  'act-failed': ['executing'],
  escaped: ['applied'],
  'found-well': ['applied'],
  'target-gone': ['executing', 'applied'],
  'release-asked': ['executing', 'applied'],
  'release-begun': ['releasing'],
  released: ['releasing'],
  'release-failed': ['releasing'],
  superseded: ['applied', 'releasing'],
  'host-ended': ['applied'],
  rejoined: ['applied'],
  said: everyState,
};

const leased = 'another process is acting on it at this moment';

function isLeasedToAnother({ lease }: MitigationRecord, instance: string, nowMs: number): boolean {
  return lease !== undefined && lease.instance !== instance && Date.parse(lease.until) > nowMs;
}

function canRelease(record: MitigationRecord): boolean {
  return isInForce(record) && record.joinedTo === undefined;
}

function reject(record: MitigationRecord, { actor, reason }: InputOf<'rejected'>, nowMs: number): MitigationRecord {
  const next = without({ ...record, state: 'rejected' as const }, 'approveBefore');
  return say(addHistory(next, { actor, reason }, nowMs), 'rejected', { actor, reason }, nowMs);
}

function awaitApproval(
  record: MitigationRecord,
  { reason, approveBeforeMs }: InputOf<'approval-awaited'>,
  nowMs: number,
): MitigationRecord {
  const next = { ...record, approveBefore: instant(approveBeforeMs) };
  const step = { actor: supervisorActor, reason };
  return say(addHistory(next, step, nowMs), 'self', step, nowMs, { approveBefore: next.approveBefore });
}

function approve(record: MitigationRecord, { actor, reason }: InputOf<'approved'>, nowMs: number): MitigationRecord {
  const next = without({ ...record, state: 'approved' as const, approvedBy: actor }, 'approveBefore');
  return say(addHistory(next, { actor, reason }, nowMs), 'approved', { actor, reason }, nowMs);
}

function join(record: MitigationRecord, { to, until, contained }: InputOf<'joined'>, nowMs: number): MitigationRecord {
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

function acceptJoin(record: MitigationRecord, { by, untilMs }: InputOf<'join-accepted'>): MitigationRecord {
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

function note(record: MitigationRecord, { calls, contained }: InputOf<'noted'>, nowMs: number): MitigationRecord {
  const { request } = record;
  const next = addCalls({ ...record, state: 'applied' as const, appliedAt: instant(nowMs), contained }, calls);
  const reason = request.simulated === true ? `simulated, nothing was done: ${request.reason}` : request.reason;
  const step = { actor: supervisorActor, reason };
  return say(addHistory(next, step, nowMs), 'applied', step, nowMs);
}

function begin(record: MitigationRecord, input: InputOf<'begun'>, nowMs: number): MitigationRecord {
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

function apply(record: MitigationRecord, input: InputOf<'applied'>, nowMs: number): MitigationRecord {
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

function failToAct(record: MitigationRecord, input: InputOf<'act-failed'>, nowMs: number): MitigationRecord {
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

function escape(record: MitigationRecord, { problems }: InputOf<'escaped'>, nowMs: number): MitigationRecord {
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

function loseTarget(record: MitigationRecord, nowMs: number): MitigationRecord {
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

function askRelease(record: MitigationRecord, input: InputOf<'release-asked'>, nowMs: number): MitigationRecord {
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

function release(record: MitigationRecord, { calls, remarks }: InputOf<'released'>, nowMs: number): MitigationRecord {
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

function failToRelease(record: MitigationRecord, input: InputOf<'release-failed'>, nowMs: number): MitigationRecord {
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

function supersede(record: MitigationRecord, { by }: InputOf<'superseded'>, nowMs: number): MitigationRecord {
  const next: MitigationRecord = { ...settled(record), state: 'released', contained: 'none', supersededBy: by };
  const step = { actor: supervisorActor, reason: `${by} has taken its place; nothing was given back in between` };
  return say(addHistory(next, step, nowMs), 'released', step, nowMs, { upgradedTo: by });
}

function endWithHost(
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

function union(a: readonly Aspect[], b: readonly Aspect[]): readonly Aspect[] {
  return [...new Set([...a, ...b])];
}

function timeOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}

function instant(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

function accepted(record: MitigationRecord): Advance {
  return { isAccepted: true, record };
}

function refused(reason: string): Advance {
  return { isAccepted: false, reason };
}
