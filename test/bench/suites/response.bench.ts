import { headers } from '@nats-io/transport-node';
import {
  type ActionName,
  encodeEvent,
  events,
  type MitigationRequested,
  mitigationIdOf,
  newTrace,
  sourceOf,
} from '@sentinel-forge/contracts';
import { randomHex } from '@sentinel-forge/messaging';
import { type Victim, whyNoDocker } from '@sentinel-forge/testing';
import { host, SupervisorStage } from '../docker/supervisor-stage.js';
import { quantileOverAll } from '../report/statistics.js';
import type { RowDefinition, Suite } from '../suite.js';

const victimsPerAction = 11;
/** With the call that each action begins with; before it the supervisor has looked at the container. */
const actions: ReadonlyArray<{ readonly name: ActionName; readonly call: (victim: Victim) => string }> = [
  { name: 'pause', call: ({ id }) => `POST /containers/${id}/pause` },
  { name: 'throttle', call: ({ id }) => `POST /containers/${id}/update` },
  { name: 'isolate', call: () => 'POST /networks/' },
];
const goal = { kind: 'at-most', value: 20 } as const;

/** How soon a mitigation that was asked for begins. */
export const suite: Suite = {
  name: 'response',
  summary: 'request published → the call begun that changes the container, on a real engine',
  whyNot: whyNoDocker,
  rows: actions.flatMap(({ name }): readonly RowDefinition[] => [
    { key: `${name}-p50`, what: `request → Docker call, ${name}, p50`, unit: 'ms', statistic: quantileOverAll(0.5) },
    {
      key: `${name}-p99`,
      what: `request → Docker call, ${name}, p99`,
      unit: 'ms',
      statistic: quantileOverAll(0.99),
      goal,
    },
  ]),
  async measure(round) {
    await using stage = await SupervisorStage.open({
      SUPERVISOR_MAX_ACTIONS_PER_MINUTE: '10000',
      SUPERVISOR_MAX_CONTAINED_PERCENT: '100',
      SUPERVISOR_HEAL: 'false',
      ...round.environmentFor('supervisor'),
    });
    for (const { name, call } of actions) {
      round.progress(name);
      const labels = { 'forge.respond': 'true' };
      const victims = await stage.victims(victimsPerAction, { labels });
      await Promise.all(victims.map((victim) => stage.knows(victim)));
      for (const victim of victims) {
        const delayMs = await askAndWait(stage, victim, name, call(victim));
        // The first one only has the supervisor compile what it has never done before.
        if (victim !== victims[0]) {
          round.record(`${name}-p50`, delayMs);
          round.record(`${name}-p99`, delayMs);
        }
      }
    }
  },
};

/** How long it takes until the call begins; resolves when all is done. */
async function askAndWait(stage: SupervisorStage, victim: Victim, action: ActionName, call: string): Promise<number> {
  const before = stage.requestCount;
  const askedAtMs = ask(stage, victim, action);
  const isCall = (line: string): boolean => line.startsWith(call);
  const beganAtMs = await stage.requestedAtMs(isCall, before, `${action} of ${victim.name}`);
  await stage.says('applied', victim);
  return beganAtMs - askedAtMs;
}

/** Asks as sentinelcore does, and says when, in milliseconds since 1970. */
function ask({ connection }: SupervisorStage, { id, name }: Victim, action: ActionName): number {
  const eventId = `bench-${id}`;
  const data: MitigationRequested = {
    mitigationId: mitigationIdOf(eventId, `${host}/${id}`, action),
    action,
    target: { host, id, name },
    reason: 'the benchmark asked for it',
    score: 95,
    requestedAt: new Date().toISOString(),
    ttlMs: 600_000,
    evidence: { eventId, subject: 'defend.bench', source: 'bench', contributions: [] },
  };
  const definition = events.mitigationRequested;
  const encoded = encodeEvent({
    definition,
    id: data.mitigationId,
    source: sourceOf('sentinelcore'),
    timeMs: Date.now(),
    data,
    trace: newTrace(randomHex),
  });
  const messageHeaders = headers();
  for (const [key, value] of Object.entries(encoded.headers)) {
    messageHeaders.set(key, value);
  }
  const subject = definition.pattern.build({ app: 'sentinelcore', host });
  const nowMs = performance.timeOrigin + performance.now();
  connection.publish(subject, encoded.payload, { headers: messageHeaders });
  return nowMs;
}
