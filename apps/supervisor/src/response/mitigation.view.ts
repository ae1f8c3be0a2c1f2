import type { ActionName, ContainerTarget, Containment, MitigationState } from '@sentinel-forge/contracts';
import type { MitigationRecord } from './mitigation.record.js';

/** A mitigation in a list. */
export interface MitigationSummary {
  readonly id: string;
  readonly state: MitigationState;
  readonly action: ActionName;
  readonly target: ContainerTarget;
  readonly contained: Containment;
  readonly containedBecause?: string;
  readonly score: number;
  readonly reason: string;
  readonly sender: string;
  readonly traceId: string;
  readonly receivedAt: string;
  readonly appliedAt?: string;
  readonly until?: string;
  readonly approveBefore?: string;
  readonly joinedTo?: string;
  readonly simulated?: boolean;
  readonly lastError?: string;
}

/** What people want to see of a record first. */
export function summaryOf(record: MitigationRecord): MitigationSummary {
  const { id, state, request, contained, sender, traceparent, receivedAt } = record;
  const { containedBecause, appliedAt, until, approveBefore, joinedTo, lastError } = record;
  return {
    id,
    state,
    action: request.action,
    target: request.target,
    contained,
    score: request.score,
    reason: request.reason,
    sender,
    traceId: traceparent.split('-')[1] ?? '',
    receivedAt,
    ...(containedBecause === undefined ? {} : { containedBecause }),
    ...(appliedAt === undefined ? {} : { appliedAt }),
    ...(until === undefined ? {} : { until }),
    ...(approveBefore === undefined ? {} : { approveBefore }),
    ...(joinedTo === undefined ? {} : { joinedTo }),
    ...(request.simulated === true ? { simulated: true } : {}),
    ...(lastError === undefined ? {} : { lastError }),
  };
}
