import {
  type ActionName,
  type ContainerTarget,
  limits,
  type MitigationTransition,
  mitigationIdOf,
  type Verdict,
} from '@sentinel-forge/contracts';
import { clip, onOneLine } from '../detection/display-text.js';
import type { TelemetryEvent } from '../detection/field.js';
import type { Score } from '../scoring/scoring.service.js';
import type { Plan } from './decision.js';
import { dispositionOf } from './disposition.js';
import type { MitigationInForce } from './in-force.port.js';
import type { InventoryContainer } from './inventory.port.js';
import type { TargetResolution } from './target-resolution.js';

/** Everything that the data of a plan is made from. */
export interface PlanningCase {
  readonly event: TelemetryEvent;
  readonly scored: Score;
  readonly verdict: Verdict;
  readonly target: TargetResolution;
  readonly ttlMs: number | undefined;
  readonly isSimulated: boolean;
  readonly nowMs: number;
}

const actor = 'sentinelcore';

/** The request to the supervisor of the container's host. */
export function requestOf(
  planned: PlanningCase,
  container: InventoryContainer,
  inForce: readonly MitigationInForce[],
): Plan & { kind: 'request' } {
  const { event, scored, ttlMs, nowMs } = planned;
  const action = actionOf(planned.verdict);
  const mitigationId = idOf(planned, `${container.host}/${container.id}`, action);
  const { summary, source } = event.data;
  return {
    kind: 'request',
    host: container.host,
    disposition: dispositionOf({ mitigationId, action }, inForce, nowMs),
    data: {
      mitigationId,
      action,
      target: containerTarget(container),
      reason: reasonOf(planned),
      score: scored.score,
      requestedAt: new Date(nowMs).toISOString(),
      ...(ttlMs === undefined ? {} : { ttlMs }),
      ...simulatedMark(planned),
      evidence: {
        eventId: clip(event.id, limits.nameLength),
        subject: clip(event.subject, limits.nameLength),
        source,
        ...(summary === undefined ? {} : { summary }),
        contributions: scored.contributions,
      },
    },
  };
}

/** What is said when people are to be told and nothing else is to be done. */
export function noticeOf(planned: PlanningCase): MitigationTransition {
  return transitionOf(planned, reasonOf(planned), {});
}

/** What is said when something should be done, and it is not certain to which container. */
export function rejectionOf(
  planned: PlanningCase,
  { kind, reason, candidates }: Exclude<TargetResolution, { kind: 'resolved' }>,
): MitigationTransition {
  const explanation = `${planned.verdict} at score ${planned.scored.score} is rejected: ${reason}`;
  return transitionOf(planned, clip(onOneLine(explanation), limits.summaryLength), { target: kind, candidates });
}

function transitionOf(
  planned: PlanningCase,
  reason: string,
  detail: Readonly<Record<string, unknown>>,
): MitigationTransition {
  const { event, scored, target } = planned;
  const action = actionOf(planned.verdict);
  const targetName = event.data.target?.container;
  const container = target.kind === 'resolved' ? target.container : undefined;
  const pinned = container === undefined ? (targetName ?? '') : `${container.host}/${container.id}`;
  return {
    mitigationId: idOf(planned, pinned, action),
    action,
    ...(container === undefined ? {} : { target: containerTarget(container) }),
    ...(container !== undefined || targetName === undefined ? {} : { targetName }),
    reason,
    score: scored.score,
    actor,
    ...simulatedMark(planned),
    detail: {
      ...detail,
      eventId: clip(event.id, limits.nameLength),
      source: event.data.source,
      signal: event.params.signal ?? '',
      contributions: scored.contributions,
    },
  };
}

// A trial never stands in the way of the real thing, should the same event be decided on again.
function idOf({ event, isSimulated }: PlanningCase, target: string, action: ActionName): string {
  return mitigationIdOf(event.id, isSimulated ? `${target} simulated` : target, action);
}

function simulatedMark({ isSimulated }: PlanningCase): { simulated: true } | Record<string, never> {
  return isSimulated ? { simulated: true } : {};
}

function containerTarget({ host, id, name }: InventoryContainer): ContainerTarget {
  return { host, id, name };
}

/** The verdict and what weighed most, on one line: `isolate at score 78: 12 failed logins of root (+35), …`. */
function reasonOf({ scored, verdict }: PlanningCase): string {
  const weightiest = scored.contributions
    .filter(({ points }) => points > 0)
    .toSorted((a, b) => b.points - a.points)
    .slice(0, 3)
    .map(({ points, reason }) => `${clip(reason, 300)} (+${points})`);
  return clip(`${verdict} at score ${scored.score}: ${weightiest.join(', ')}`, limits.summaryLength);
}

function actionOf(verdict: Verdict): ActionName {
  return verdict === 'observe' ? 'notify' : verdict;
}
