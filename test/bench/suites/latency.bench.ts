import { setImmediate as letOthersRun } from 'node:timers/promises';
import { waitFor } from '@sentinel-forge/testing';
import { quantileOfRounds } from '../report/statistics.js';
import type { Round, RowDefinition, Suite } from '../suite.js';
import { DefendMesh, publisherOf } from '../telemetry/defend-mesh.js';
import { samplesOf } from '../telemetry/samples.js';

const perSecond = 5_000;
const warmUpSeconds = 3;
const measuredSeconds = 5;

/** Every so many events ask for a mitigation. */
const shares = [
  { key: '1-percent', every: 100, words: '1 % ask' },
  { key: '10-percent', every: 10, words: '10 % ask' },
  { key: '100-percent', every: 1, words: '100 % ask' },
];

const goal = { kind: 'at-most', value: 5 } as const;

/** How long it takes from telemetry to the request for a mitigation. */
export const suite: Suite = {
  name: 'latency',
  summary: `publish → mitigation requested, at ${perSecond} enveloped events a second`,
  rows: shares.flatMap(({ key, words }): readonly RowDefinition[] => [
    { key: `${key}-p50`, what: `publish → requested, ${words}, p50`, unit: 'ms', statistic: quantileOfRounds(0.5) },
    {
      key: `${key}-p99`,
      what: `publish → requested, ${words}, p99`,
      unit: 'ms',
      statistic: quantileOfRounds(0.99),
      goal,
    },
  ]),
  async measure(round) {
    for (const { key, every, words } of shares) {
      round.progress(words);
      const delaysMs = await measureDelays(every, key, round);
      round.record(`${key}-p50`, ...delaysMs);
      round.record(`${key}-p99`, ...delaysMs);
    }
  },
};

// One process publishes and hears what is asked for, so that one clock says both times.
async function measureDelays(every: number, key: string, round: Round): Promise<readonly number[]> {
  await using mesh = await DefendMesh.open();
  await using core = await mesh.startSentinelcore(round.environmentFor(key));
  await waitFor(async () => (await fetch(`${core.url}/ready`)).ok, { description: 'sentinelcore to be ready' });
  const publishedAtMs = new Map<string, number>();
  const delaysMs: number[] = [];
  let heard = 0;
  mesh.connection.subscribe('mitigation.sentinelcore.requested.>', {
    callback: (_, message) => {
      const nowMs = performance.now();
      const { evidence } = message.json<{ readonly evidence: { readonly eventId: string } }>();
      const sinceMs = publishedAtMs.get(evidence.eventId);
      heard += 1;
      if (sinceMs !== undefined) {
        delaysMs.push(nowMs - sinceMs);
      }
    },
  });
  const publish = publisherOf(mesh.connection, 'enveloped', round.seed);
  const total = perSecond * (warmUpSeconds + measuredSeconds);
  const beganAtMs = performance.now();
  let published = 0;
  for (const sample of samplesOf(total, every, round.seed)) {
    while (published >= ((performance.now() - beganAtMs) / 1000) * perSecond) {
      await letOthersRun();
    }
    if (published >= perSecond * warmUpSeconds) {
      publishedAtMs.set(sample.id, performance.now());
    }
    publish(sample);
    published += 1;
  }
  await waitFor(() => heard >= total / every, { description: 'every request', timeoutMs: 60_000 });
  await core.stop();
  return delaysMs;
}
