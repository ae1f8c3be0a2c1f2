import { stableHash, toSubjectToken } from '@sentinel-forge/contracts';
import {
  type ConditionTrace,
  defaultPolicy,
  MemoryInventory,
  type RuleTestReport,
  type RuleTrace,
  ruleSetOf,
  type TelemetryEvent,
  telemetryEventOf,
  testRules,
} from '@sentinel-forge/sentinelcore';
import { readJsonArgument } from '../cli/text-argument.js';
import { describeDecision, signed } from '../defend/decision.js';
import { printAnswer } from '../terminal/printer.js';
import { safeText } from '../terminal/safe-text.js';
import { paint } from '../terminal/table.js';
import { ruleSources } from './rule-sources.js';

/** Which event is tried on which rules. */
export interface RuleTestWish {
  readonly event: string;
  readonly signal: string;
  readonly paths: readonly string[];
  readonly isAll: boolean;
}

/** Shows what would be decided on an event, and why. Nothing is sent. */
export async function testEvent(
  { event, signal, paths, isAll }: RuleTestWish,
  options: { readonly json?: boolean },
): Promise<void> {
  const ruleSet = ruleSetOf(await ruleSources(paths));
  const telemetry = telemetryEventOf(signal, await readJsonArgument(event));
  const report = testRules(telemetry, {
    ruleSet,
    policy: defaultPolicy,
    inventory: inventoryFor(telemetry),
    inForce: { on: () => [] },
    nowMs: Date.now(),
  });
  await printAnswer(report, options, () => describeTest(report, isAll));
}

/** A test for people: the decision, then the rules with what each of their tests found. */
export function describeTest({ decision, rules }: RuleTestReport, isAll: boolean): string {
  const shown = rules.filter(({ isMatched }) => isAll || isMatched);
  const count = `${rules.filter(({ isMatched }) => isMatched).length} of ${rules.length} rules match${isAll ? '' : ' (--all shows every one)'}`;
  return [describeDecision(decision), '', count, ...shown.flatMap(describeRule)].join('\n');
}

function describeRule({ id, isMatched, points, isSimulated, description, condition }: RuleTrace): readonly string[] {
  const mark = isMatched ? paint('green', '✓') : paint('dim', '·');
  const trial = isSimulated ? ' (on trial)' : '';
  return [
    `${mark} ${paint('bold', safeText(id))} ${isMatched ? signed(points) : ''}${trial} ${paint('dim', safeText(description))}`,
    ...describeCondition(condition, 1),
  ];
}

function describeCondition({ text, isTrue, found, parts }: ConditionTrace, depth: number): readonly string[] {
  const what = found === undefined ? '' : paint('dim', ` (it is ${safeText(JSON.stringify(found))})`);
  const mark = isTrue ? paint('green', '✓') : paint('red', '✗');
  return [
    `${'  '.repeat(depth)}${mark} ${safeText(text)}${what}`,
    ...parts.flatMap((part) => describeCondition(part, depth + 1)),
  ];
}

// No mesh is asked: the container that the event names is taken to be there, so that the whole plan shows.
function inventoryFor({ data: { target } }: TelemetryEvent): MemoryInventory {
  const inventory = new MemoryInventory();
  const name = target?.container;
  if (name !== undefined) {
    inventory.upsert({ host: toSubjectToken(target?.host ?? 'any-host'), id: stableHash(name), name });
  }
  return inventory;
}
