import { Telemetry, validatorFor } from '@sentinel-forge/contracts';
import { type RuleTrace, traceRules } from '../detection/explanation.js';
import type { TelemetryEvent } from '../detection/field.js';
import type { Decision } from './decision.js';
import { type DecisionContext, decide } from './planning.service.js';

/** A decision with the way to it. */
export interface RuleTestReport {
  readonly ruleSetVersion: string;
  readonly decision: Decision;
  /** Every rule, matched or not, with what each of its tests found. */
  readonly rules: readonly RuleTrace[];
}

/** Telemetry as it would come in on `defend.<signal>`. Throws `FORGE_EVENT_INVALID` that names every wrong field. */
export function telemetryEventOf(signal: string, data: unknown, id = 'test'): TelemetryEvent {
  const valid = validatorFor(Telemetry).parse(data);
  return { id, subject: `defend.${signal}`, params: { signal }, data: valid };
}

/** What would be decided on an event, and why: the answer of `forge rules test`. Nothing is published. */
export function testRules(event: TelemetryEvent, context: DecisionContext): RuleTestReport {
  return {
    ruleSetVersion: context.ruleSet.version,
    decision: decide(event, context),
    rules: traceRules(context.ruleSet.rules, event),
  };
}
