import { createRedactor, withoutEnclosedSecrets } from '@sentinel-forge/chassis';
import {
  decodeEvent,
  encodeEvent,
  events,
  ForgeError,
  type ForgeEvent,
  NotifyRequested,
  outlineOf,
  type StoredMessage,
  type Telemetry,
  validatorFor,
} from '@sentinel-forge/contracts';
import { HeaderBlock } from '@sentinel-forge/messaging';
import {
  checkRules,
  type DecisionContext,
  decide,
  defaultPolicy,
  defaultRulesPath,
  MemoryInventory,
  type Plan,
  type RuleSet,
  readRuleFiles,
  ruleSetOf,
} from '@sentinel-forge/sentinelcore';
import { bytes, headerBlock, notice, ruleFile, subject, telemetry } from './inputs.js';
import type { Random } from './random.js';

/** What became of one payload: it was taken, or refused with a reason. */
export type Verdict = 'taken' | 'refused';

/** Takes one generated payload. Throws for anything but taking it, or refusing it with a reason that a person can act on. */
export type Target = (random: Random) => Verdict | Promise<Verdict>;

const redactor = createRedactor();
const storedAtMs = Date.UTC(2026, 0, 31);
const trace = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };

/** Everything that takes what anybody may have written, without a server: by what it is called in the figures. */
export async function openTargets(): Promise<Readonly<Record<string, Target>>> {
  const sources = await readRuleFiles(defaultRulesPath);
  const context = contextOf(ruleSetOf(sources));
  const [first = '', ...others] = sources.map(({ text }) => text);
  return {
    telemetry: (random) => takeMessage(messageOf(random), context),
    body: takeBody,
    rules: (random) => takeRules(ruleFile(random, [first, ...others]), random, context),
  };
}

function contextOf(ruleSet: RuleSet): DecisionContext {
  const inventory = new MemoryInventory();
  for (const name of ['web-1', 'root', 'x']) {
    inventory.upsert({ host: 'host-a', id: name.padEnd(64, '0'), name });
  }
  return { ruleSet, policy: defaultPolicy, inventory, inForce: { on: () => [] }, nowMs: storedAtMs };
}

function messageOf(random: Random): StoredMessage {
  const block = headerBlock(random);
  const data = telemetry(random);
  const envelope = { specversion: '1.0', id: 'e-1', type: 'forge.telemetry.v1', source: '/web', data };
  return {
    stream: 'DEFEND',
    sequence: 1 + random.below(1e9),
    subject: subject(random),
    headers: block === undefined ? undefined : new HeaderBlock(block),
    payload: bytes(random, random.oneIn(5) ? envelope : data),
    storedAtMs,
  };
}

/** The way of telemetry: recorded and shown whatever it is; decoded, scored, and what follows from it is said. */
function takeMessage(message: StoredMessage, context: DecisionContext): Verdict {
  const { timeMs, traceId } = outlineOf(message);
  if (Number.isNaN(new Date(timeMs).getTime()) || !/^[0-9a-f]{32}$/.test(traceId)) {
    throw new Error(`the outline has the time ${timeMs} and the trace ${traceId}`);
  }
  redactor.json(withoutEnclosedSecrets(message, redactor).payload);
  return refusedOr(() => {
    const event = decodeEvent(message);
    if (event.definition === events.telemetry) {
      score(event as ForgeEvent<Telemetry>, context);
    }
  });
}

function score(event: ForgeEvent<Telemetry>, context: DecisionContext): void {
  try {
    const { score: points, contributions, plan, simulation } = decide(event, context);
    const sum = contributions.reduce((total, contribution) => total + contribution.points, 0);
    if (!(points >= 0 && points <= 100) || Math.abs(sum - points) > 1e-6) {
      throw new Error(`a score of ${points} whose contributions sum to ${sum}`);
    }
    say(plan, event);
    if (simulation !== undefined) {
      say(simulation.plan, event);
    }
  } catch (error) {
    // What was valid must be decided on: a refusal here is a defect too.
    throw new Error('valid telemetry could not be decided on', { cause: error });
  }
}

function say(plan: Plan, event: ForgeEvent): void {
  if (plan.kind === 'nothing') {
    return;
  }
  const definition = {
    request: events.mitigationRequested,
    notify: events.mitigationApplied,
    rejection: events.mitigationRejected,
  }[plan.kind];
  const data = redactor.value(plan.data).value as object;
  const { mitigationId: id } = plan.data;
  encodeEvent({ definition, id, source: '/sentinelcore', timeMs: storedAtMs, data, trace: event.trace });
}

function takeBody(random: Random): Verdict {
  const body = bytes(random, notice(random)).toString();
  return refusedOr(() => {
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch (cause) {
      throw new ForgeError('FORGE_HTTP_BODY_INVALID', 'The body is not JSON', { cause });
    }
    const data = validatorFor(NotifyRequested).parse(value);
    const definition = events.notifyRequested;
    encodeEvent({ definition, id: 'x', source: '/notification-dispatcher', timeMs: storedAtMs, data, trace });
  });
}

function takeRules(text: string, random: Random, context: DecisionContext): Verdict {
  const outcome = checkRules([{ file: 'rules.yaml', text }]);
  if (!outcome.isValid) {
    const [problem] = outcome.problems;
    if (problem === undefined || problem.reason === '' || problem.mend === '' || !(problem.line >= 1)) {
      throw new Error(`rules refused without a reason: ${JSON.stringify(problem)}`);
    }
    return 'refused';
  }
  takeMessage({ ...messageOf(random), subject: 'defend.auth' }, { ...context, ruleSet: outcome.ruleSet });
  return 'taken';
}

function refusedOr(take: () => void): Verdict {
  try {
    take();
    return 'taken';
  } catch (error) {
    if (error instanceof ForgeError && !error.isRetryable && error.message !== '') {
      return 'refused';
    }
    throw error;
  }
}
