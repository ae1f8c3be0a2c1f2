import { isFinal, isInForce } from './in-force.js';
import type { MitigationRecord, UnsaidEvent } from './mitigation.record.js';

/** What is to be done about a mitigation next. */
export type Work =
  | { readonly kind: 'say'; readonly events: readonly UnsaidEvent[] }
  /** Check scope and guards; then reject, join, wait for approval, or act. */
  | { readonly kind: 'judge' }
  | { readonly kind: 'expire-approval' }
  | { readonly kind: 'act' }
  /** See whether it is still in force. */
  | { readonly kind: 'check' }
  /** Its time to live is over. */
  | { readonly kind: 'end' }
  | { readonly kind: 'release' }
  /** Nothing before that time; undefined: nothing until something happens to it. */
  | { readonly kind: 'wait'; readonly untilMs: number | undefined };

/**
 * What is to be done next follows from the record and the time alone. So it makes no difference whether this process has
 * just written the record, or another one has, an hour ago, and was killed.
 *
 * @param instance of the process that asks; see {@link MitigationRecord.lease}
 */
export function workOf(record: MitigationRecord, nowMs: number, instance: string): Work {
  if (record.unsaid.length > 0) {
    return { kind: 'say', events: record.unsaid };
  }
  switch (record.state) {
    case 'requested':
      return workOfRequested(record, nowMs);
    case 'approved':
      return { kind: 'judge' };
    case 'executing':
      return notBefore(blockedUntilMs(record, nowMs, instance), { kind: 'act' });
    case 'applied':
      return workOfApplied(record, nowMs);
    case 'releasing':
      return notBefore(blockedUntilMs(record, nowMs, instance), { kind: 'release' });
    case 'released':
    case 'failed':
    case 'rejected':
      return { kind: 'wait', untilMs: undefined };
  }
}

function workOfRequested({ approveBefore }: MitigationRecord, nowMs: number): Work {
  if (approveBefore === undefined) {
    return { kind: 'judge' };
  }
  const untilMs = Date.parse(approveBefore);
  return untilMs > nowMs ? { kind: 'wait', untilMs } : { kind: 'expire-approval' };
}

function workOfApplied(record: MitigationRecord, nowMs: number): Work {
  if (isFinal(record) || !isInForce(record) || record.joinedTo !== undefined) {
    return { kind: 'wait', untilMs: undefined };
  }
  const endMs = timeOf(record.until);
  const checkMs = timeOf(record.retryAt);
  if (endMs !== undefined && endMs <= nowMs) {
    return { kind: 'end' };
  }
  if (checkMs !== undefined && checkMs <= nowMs) {
    return { kind: 'check' };
  }
  return { kind: 'wait', untilMs: earliest(endMs, checkMs) };
}

/** Another process may be acting at this moment, or the last try is too short ago. */
function blockedUntilMs({ lease, retryAt }: MitigationRecord, nowMs: number, instance: string): number | undefined {
  const leaseMs = lease === undefined || lease.instance === instance ? undefined : timeOf(lease.until);
  const blockedMs = Math.max(leaseMs ?? 0, timeOf(retryAt) ?? 0);
  return blockedMs > nowMs ? blockedMs : undefined;
}

function notBefore(untilMs: number | undefined, work: Work): Work {
  return untilMs === undefined ? work : { kind: 'wait', untilMs };
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

function timeOf(instant: string | undefined): number | undefined {
  return instant === undefined ? undefined : Date.parse(instant);
}
