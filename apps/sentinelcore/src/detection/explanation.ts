import { type Condition, describeTest } from './condition.js';
import { compileCondition } from './condition-compiler.js';
import { fieldReader, type TelemetryEvent } from './field.js';
import type { Rule } from './rule.js';

/** Why a condition holds, or does not: the same tree, with what was found at each test. */
export interface ConditionTrace {
  /** `all`, `any`, `not`, or the test as it was written. */
  readonly text: string;
  readonly isTrue: boolean;
  /** What the event has in the field; absent for combinations and where it has nothing. */
  readonly found?: unknown;
  readonly parts: readonly ConditionTrace[];
}

/** How a rule looks at an event. */
export interface RuleTrace {
  readonly id: string;
  readonly description: string;
  readonly isMatched: boolean;
  readonly points: number;
  readonly isSimulated: boolean;
  readonly reason: string;
  readonly attack: readonly string[];
  readonly condition: ConditionTrace;
}

/** How every one of the rules looks at an event. For people: it is made anew each time, and slow. */
export function traceRules(rules: readonly Rule[], event: TelemetryEvent): readonly RuleTrace[] {
  return rules.map((rule) => {
    const condition = traceCondition(rule.when, event);
    const { id, description, attack, isSimulated } = rule;
    const points = condition.isTrue ? rule.score : 0;
    const reason = rule.reason.render(event);
    return { id, description, isMatched: condition.isTrue, points, isSimulated, reason, attack, condition };
  });
}

function traceCondition(condition: Condition, event: TelemetryEvent): ConditionTrace {
  const isTrue = compileCondition(condition)(event);
  switch (condition.kind) {
    case 'test': {
      const found = fieldReader(condition.field)(event);
      return { text: describeTest(condition), isTrue, ...(found === undefined ? {} : { found }), parts: [] };
    }
    case 'not':
      return { text: 'not', isTrue, parts: [traceCondition(condition.of, event)] };
    case 'all':
    case 'any':
      return { text: condition.kind, isTrue, parts: condition.of.map((part) => traceCondition(part, event)) };
  }
}
