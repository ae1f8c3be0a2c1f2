import { limits, type MitigationTransition } from '@sentinel-forge/contracts';
import { historyLimit, type MitigationRecord, type Saying } from './mitigation.record.js';

/** Who took a step, and why. */
export interface StepTaken {
  readonly actor: string;
  readonly reason: string;
}

/** A text cut to what a one-line field may hold. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= limits.summaryLength ? line : `${line.slice(0, limits.summaryLength - 1)}…`;
}

type OptionalField = 'approveBefore' | 'until' | 'lease' | 'retryAt' | 'lastError';

/** A record without some of its optional fields. */
export function without(record: MitigationRecord, ...fields: readonly OptionalField[]): MitigationRecord {
  const kept = Object.entries(record).filter(([name]) => !fields.some((field) => field === name));
  return Object.fromEntries(kept) as unknown as MitigationRecord;
}

/** Adds the step that led to the record's present state. */
export function addHistory(record: MitigationRecord, step: StepTaken, nowMs: number): MitigationRecord {
  const entry = {
    at: new Date(nowMs).toISOString(),
    state: record.state,
    actor: step.actor,
    reason: oneLine(step.reason),
  };
  return { ...record, history: [...record.history, entry].slice(-historyLimit) };
}

/** Adds Docker calls that were made. */
export function addCalls(record: MitigationRecord, calls: readonly string[]): MitigationRecord {
  return { ...record, calls: [...record.calls, ...calls.map(oneLine)].slice(-historyLimit) };
}

/** Puts an event about the record, as it is now, among those that must still be said. */
export function say(
  record: MitigationRecord,
  saying: Saying,
  step: StepTaken,
  nowMs: number,
  detail: Readonly<Record<string, unknown>> = {},
): MitigationRecord {
  const event = {
    // The record's own count makes it the same event however often it is said, and another one for the next occurrence.
    id: `${record.id}:${saying}:${record.said}`,
    saying,
    at: new Date(nowMs).toISOString(),
    data: saying === 'self' ? selfData(record, step, detail) : { ...transitionOf(record, step, detail) },
  };
  return { ...record, said: record.said + 1, unsaid: [...record.unsaid, event].slice(-historyLimit) };
}

function transitionOf(
  record: MitigationRecord,
  { actor, reason }: StepTaken,
  detail: Readonly<Record<string, unknown>>,
): MitigationTransition {
  const { request } = record;
  return {
    mitigationId: record.id,
    action: request.action,
    target: request.target,
    reason: oneLine(reason),
    score: request.score,
    actor,
    contained: record.contained,
    ...(record.state === 'applied' && record.until !== undefined ? { until: record.until } : {}),
    ...(request.simulated === true ? { simulated: true } : {}),
    ...(record.joinedTo === undefined ? {} : { joined: record.joinedTo }),
    ...(record.calls.length === 0 ? {} : { calls: record.calls }),
    ...(Object.keys(detail).length === 0 ? {} : { detail }),
  };
}

function selfData(record: MitigationRecord, { reason }: StepTaken, detail: Readonly<Record<string, unknown>>) {
  const { id, request } = record;
  return {
    what: 'approval-awaited',
    reason: oneLine(reason),
    detail: {
      mitigationId: id,
      action: request.action,
      container: request.target.name,
      host: request.target.host,
      ...detail,
    },
  };
}
