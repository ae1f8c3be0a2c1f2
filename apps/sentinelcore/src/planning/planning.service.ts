import type { Verdict } from '@sentinel-forge/contracts';
import type { TelemetryEvent } from '../detection/field.js';
import type { AllowEntry, Rule } from '../detection/rule.js';
import type { RuleSet } from '../detection/rule-set.js';
import { type Score, scoreEvent } from '../scoring/scoring.service.js';
import { verdictStrength } from './action-strength.js';
import { allowedBy } from './allow-list.js';
import type { Conclusion, Decision, Plan } from './decision.js';
import type { InForce } from './in-force.port.js';
import type { Inventory } from './inventory.port.js';
import { noticeOf, type PlanningCase, rejectionOf, requestOf } from './plan-data.js';
import type { ResponsePolicy } from './response-policy.js';
import { resolveTarget } from './target-resolution.js';
import { ttlOf, verdictOf } from './verdict.js';

/** What a decision depends on beside the event. Time is passed in: the same input gives the same bytes. */
export interface DecisionContext {
  readonly ruleSet: RuleSet;
  readonly policy: ResponsePolicy;
  readonly inventory: Inventory;
  readonly inForce: InForce;
  readonly nowMs: number;
}

/** Decides on an event, by the rules that match it. */
export function decide(event: TelemetryEvent, context: DecisionContext): Decision {
  return decideOn(event, context.ruleSet.match(event), context);
}

/**
 * Decides on an event whose matching rules are known. A rule on trial never changes what is really done: with it and without it
 * are two conclusions.
 */
export function decideOn(event: TelemetryEvent, matched: readonly Rule[], context: DecisionContext): Decision {
  const inEarnest = matched.some((rule) => rule.isSimulated) ? matched.filter((rule) => !rule.isSimulated) : matched;
  const real = conclude(event, inEarnest, context, { isSimulated: context.policy.isSimulation, beyond: 'observe' });
  if (inEarnest === matched) {
    return { eventId: event.id, ...real };
  }
  const simulation = conclude(event, matched, context, { isSimulated: true, beyond: real.verdict });
  return { eventId: event.id, ...real, simulation };
}

interface Mode {
  readonly isSimulated: boolean;
  /** Plan only what is stronger than this. */
  readonly beyond: Verdict;
}

function conclude(event: TelemetryEvent, matched: readonly Rule[], context: DecisionContext, mode: Mode): Conclusion {
  const scored = scoreEvent(event, matched);
  const verdict = verdictOf(scored.score, matched, context.policy);
  if (verdict === 'observe') {
    return conclusionOf(scored, verdict, belowNotice);
  }
  const target = resolveTarget(event.data.target, context.inventory);
  const container = target.kind === 'resolved' ? target.container : undefined;
  const allowed = allowedBy(context.ruleSet.allow, event, matched, container, context.nowMs);
  if (allowed !== undefined) {
    return conclusionOf(scored, 'observe', { kind: 'nothing', reason: explainAllowed(allowed, verdict) });
  }
  if (verdictStrength(verdict) <= verdictStrength(mode.beyond)) {
    return conclusionOf(scored, verdict, {
      kind: 'nothing',
      reason: `goes no further than the real verdict, ${mode.beyond}`,
    });
  }
  const ttlMs = ttlOf(verdict, matched, context.policy);
  const { isSimulated } = mode;
  return conclusionOf(
    scored,
    verdict,
    planOf({ event, scored, verdict, target, ttlMs, isSimulated, nowMs: context.nowMs }, context),
  );
}

function planOf(planned: PlanningCase, { inForce }: DecisionContext): Plan {
  if (planned.verdict === 'notify') {
    return { kind: 'notify', data: noticeOf(planned) };
  }
  const { target } = planned;
  return target.kind === 'resolved'
    ? requestOf(planned, target.container, inForce.on(target.container.host, target.container.id))
    : { kind: 'rejection', data: rejectionOf(planned, target) };
}

const belowNotice: Plan = Object.freeze({ kind: 'nothing', reason: 'the score is below that of a notice' });

function conclusionOf({ score, contributions }: Score, verdict: Verdict, plan: Plan): Conclusion {
  return { score, verdict, contributions, plan };
}

function explainAllowed({ reason, untilMs }: AllowEntry, verdict: Verdict): string {
  return `allowed until ${new Date(untilMs).toISOString()}: ${reason}; it would be "${verdict}" otherwise`;
}
