import type { MitigationRequested, MitigationState } from '@sentinel-forge/contracts';
import { isInForce } from './in-force.js';
import type { InputOf, MitigationInput } from './mitigation.input.js';
import type { Lease, MitigationRecord } from './mitigation.record.js';
import { addHistory, without } from './mitigation.saying.js';
import * as steps from './mitigation.steps.js';

/** What comes of an input: the next state of the record, or why it does not apply. */
export type Advance =
  | { readonly isAccepted: true; readonly record: MitigationRecord }
  | { readonly isAccepted: false; readonly reason: string };

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
    receivedAt: steps.instant(nowMs),
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
  // Each row is typed by its own input; that the input found its row is what the key says.
  const rule = rules[input.kind] as Rule<MitigationInput>;
  const refusal = rule.from.includes(record.state)
    ? rule.unless?.(record, input, nowMs)
    : (rule.otherwise ?? `it is ${record.state}`);
  return refusal === undefined
    ? { isAccepted: true, record: rule.next(record, input, nowMs) }
    : { isAccepted: false, reason: refusal };
}

/** One row of the state machine. */
interface Rule<Input> {
  /** The states in which the input means anything. */
  readonly from: readonly MitigationState[];
  /** What else speaks against it; undefined when nothing does. */
  readonly unless?: (record: MitigationRecord, input: Input, nowMs: number) => string | undefined;
  /** What a person is told who wants what the state does not allow. */
  readonly otherwise?: string;
  readonly next: (record: MitigationRecord, input: Input, nowMs: number) => MitigationRecord;
}

const nothingInForce = 'nothing of it is in force; what was not carried out yet can be rejected';
const notWaiting = 'it does not wait for approval';
const unlessInForce = (record: MitigationRecord) => (isInForce(record) ? undefined : nothingInForce);
const unlessFree = (record: MitigationRecord, { lease }: { readonly lease: Lease }, nowMs: number) =>
  isLeasedToAnother(record, lease.instance, nowMs) ? 'another process is acting on it at this moment' : undefined;
const unlessJoinedTo = (record: MitigationRecord, { host }: { readonly host: string }) =>
  record.joinedTo === host ? undefined : 'it is not joined to that';

const rules: { readonly [Kind in MitigationInput['kind']]: Rule<InputOf<Kind>> } = {
  rejected: {
    from: ['requested', 'approved'],
    otherwise: 'it was carried out or is over; what is in force can be released',
    next: steps.reject,
  },
  'approval-awaited': { from: ['requested'], next: steps.awaitApproval },
  approved: {
    from: ['requested'],
    unless: ({ approveBefore }) => (approveBefore === undefined ? notWaiting : undefined),
    otherwise: notWaiting,
    next: steps.approve,
  },
  joined: { from: ['requested', 'approved'], next: steps.join },
  'join-accepted': {
    from: ['executing', 'applied'],
    unless: ({ joinedTo }) => (joinedTo === undefined ? undefined : 'it is joined itself'),
    next: steps.acceptJoin,
  },
  noted: { from: ['requested', 'approved'], next: steps.note },
  begun: { from: ['requested', 'approved', 'executing'], unless: unlessFree, next: steps.begin },
  widened: {
    from: ['executing', 'applied', 'releasing'],
    next: (record, { holds }) => ({ ...record, holds: steps.union(record.holds, holds) }),
  },
  applied: { from: ['executing'], next: steps.apply },
  'act-failed': { from: ['executing'], next: steps.failToAct },
  escaped: { from: ['applied'], unless: unlessInForce, next: steps.noteEscape },
  'found-well': {
    from: ['applied'],
    next: (record, { contained }) => ({ ...without(record, 'retryAt', 'lastError'), contained }),
  },
  'target-gone': {
    from: ['executing', 'applied'],
    unless: ({ isTargetGone }) => (isTargetGone ? 'that is known' : undefined),
    next: (record, _input, nowMs) => steps.loseTarget(record, nowMs),
  },
  'release-asked': {
    from: ['executing', 'applied'],
    unless: (record) => (record.joinedTo === undefined ? unlessInForce(record) : 'it is joined to another one'),
    otherwise: nothingInForce,
    next: steps.askRelease,
  },
  'release-begun': {
    from: ['releasing'],
    unless: unlessFree,
    next: (record, { start, lease }) => ({
      ...without(record, 'retryAt'),
      releaseStart: record.releaseStart ?? start,
      lease,
    }),
  },
  released: { from: ['releasing'], next: steps.release },
  'release-failed': { from: ['releasing'], next: steps.failToRelease },
  superseded: { from: ['applied', 'releasing'], unless: unlessInForce, next: steps.supersede },
  'host-ended': { from: ['applied'], unless: unlessJoinedTo, next: steps.endWithHost },
  rejoined: {
    from: ['applied'],
    unless: unlessJoinedTo,
    next: (record, { to }) => ({ ...record, joinedTo: to }),
  },
  said: {
    from: ['requested', 'approved', 'executing', 'applied', 'releasing', 'released', 'failed', 'rejected'],
    next: (record, { ids }) => ({ ...record, unsaid: record.unsaid.filter(({ id }) => !ids.includes(id)) }),
  },
};

function isLeasedToAnother({ lease }: MitigationRecord, instance: string, nowMs: number): boolean {
  return lease !== undefined && lease.instance !== instance && Date.parse(lease.until) > nowMs;
}
