import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '@sentinel-forge/testing';
import { BenchProcess } from '../processes/bench-process.js';
import type { RawLoopOptions } from '../processes/raw-loop.js';
import { quantileOfRounds } from '../report/statistics.js';
import type { RowDefinition, Suite } from '../suite.js';
import { DefendMesh, host, publisherOf } from '../telemetry/defend-mesh.js';
import { samplesOf } from '../telemetry/samples.js';

const perSecond = 5_000;
const warmUpSeconds = 3;
const measuredSeconds = 5;

/** Every so many events ask for a mitigation. */
const shares = process.env.SHARE
  ? [{ key: '100-percent', every: 1, words: '100 % ask' }]
  : [
      { key: '1-percent', every: 100, words: '1 % ask' },
      { key: '10-percent', every: 10, words: '10 % ask' },
      { key: '100-percent', every: 1, words: '100 % ask' },
    ];

const goal = { kind: 'at-most', value: 5 } as const;

/** Reads telemetry, and asks for what is to be done about it. */
type Start = (mesh: DefendMesh, every: number) => Promise<AsyncDisposable>;

/** The least that there is to be done between the two: read, and published again, by the client and nothing else. */
const startRawLoop: Start = async (mesh, every) => {
  await mesh.addConsumer('raw', 'all');
  const echo = { subject: `mitigation.sentinelcore.requested.${host}`, every };
  const options: RawLoopOptions = { url: mesh.nats.url, consumer: 'raw', work: 'headers-validate', acks: 'all', echo };
  return new BenchProcess('raw-loop', options);
};

/** How long it takes from telemetry to the request for a mitigation. */
export const suite: Suite = {
  name: 'latency',
  summary: `publish → mitigation requested, at ${perSecond} enveloped events a second`,
  rows: shares.flatMap(({ key, words }): readonly RowDefinition[] => [
    ...[50, 99].flatMap((percentile): readonly RowDefinition[] => {
      const figure = { unit: 'ms', statistic: quantileOfRounds(percentile / 100) } as const;
      const raw = `raw-${key}-p${percentile}`;
      return [
        { key: raw, what: `raw loop, read → published, ${words}, p${percentile}`, ...figure },
        {
          key: `${key}-p${percentile}`,
          what: `publish → requested, ${words}, p${percentile}`,
          comparedTo: raw,
          ...(percentile === 99 ? { goal } : {}),
          ...figure,
        },
      ];
    }),
  ]),
  async measure(round) {
    for (const { key, every } of shares) {
      const startSentinelcore: Start = async (mesh) => {
        const core = await mesh.startSentinelcore(round.environmentFor(key));
        await waitFor(async () => (await fetch(`${core.url}/ready`)).ok, { description: 'sentinelcore to be ready' });
        // Ending well, it writes its profile where one is wanted.
        return { [Symbol.asyncDispose]: async () => void (await core.stop()) };
      };
      for (const [start, name] of [
        [startRawLoop, `raw-${key}`],
        [startSentinelcore, key],
      ] as const) {
        round.progress(name);
        const delaysMs = await measureDelays(start, every, round.seed);
        round.record(`${name}-p50`, ...delaysMs);
        round.record(`${name}-p99`, ...delaysMs);
      }
    }
  },
};

// One process publishes and hears what is asked for, so that one clock says both times.
async function measureDelays(start: Start, every: number, seed: number): Promise<readonly number[]> {
  await using mesh = await DefendMesh.open();
  await using _reader = await start(mesh, every);
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
  const publish = publisherOf(mesh.connection, 'enveloped', seed);
  const total = perSecond * (warmUpSeconds + measuredSeconds);
  const beganAtMs = performance.now();
  let published = 0;
  for (const sample of samplesOf(total, every, seed)) {
    // A publisher that never rests would have a core to itself that the others need.
    while (published >= ((performance.now() - beganAtMs) / 1000) * perSecond) {
      await delay(1);
    }
    if (published >= perSecond * warmUpSeconds) {
      publishedAtMs.set(sample.id, performance.now());
    }
    publish(sample);
    published += 1;
  }
  await waitFor(() => heard >= total / every, { description: 'every request', timeoutMs: 60_000 });
  return delaysMs;
}
