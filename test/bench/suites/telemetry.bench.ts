import { BenchProcess } from '../processes/bench-process.js';
import type { RawLoopOptions } from '../processes/raw-loop.js';
import { medianOfRounds } from '../report/statistics.js';
import type { Round, RowDefinition, Suite } from '../suite.js';
import { DefendMesh, type Form } from '../telemetry/defend-mesh.js';
import { moleculerRate, nestRate } from '../telemetry/peers.js';

/** What a stream is filled with, and who reads it. */
interface Stage {
  readonly form: Form;
  /** Every so many events ask for a mitigation. */
  readonly every: number;
  readonly count: number;
  readonly raw: readonly RawRow[];
  readonly ours: RowDefinition;
}

interface RawRow {
  readonly row: RowDefinition;
  readonly work: RawLoopOptions['work'];
  readonly acks: RawLoopOptions['acks'];
  /** How much of the stream is read, where all of it would take too long. */
  readonly count?: number;
}

const rate = { unit: '/s', statistic: medianOfRounds } as const;

const stages: readonly Stage[] = [
  {
    form: 'bare',
    every: 100,
    count: 400_000,
    raw: [
      { row: { key: 'raw-count', what: 'raw loop, bare: counted', ...rate }, work: 'count', acks: 'all' },
      {
        row: { key: 'raw-parse', what: 'raw loop, bare: JSON.parse', comparedTo: 'raw-count', ...rate },
        work: 'parse',
        acks: 'all',
      },
      {
        row: { key: 'raw-validate', what: 'raw loop, bare: JSON.parse, Ajv', comparedTo: 'raw-count', ...rate },
        work: 'validate',
        acks: 'all',
      },
      {
        row: { key: 'raw-ack', what: 'raw loop, bare: each acknowledged', comparedTo: 'raw-count', ...rate },
        work: 'count',
        acks: 'each',
        count: 200_000,
      },
    ],
    ours: {
      key: 'bare-1',
      what: 'sentinelcore, bare, 1 % ask',
      comparedTo: 'raw-validate',
      goal: { kind: 'at-least', value: 100_000 },
      ...rate,
    },
  },
  {
    form: 'enveloped',
    every: 100,
    count: 300_000,
    raw: [
      { row: { key: 'raw-headers', what: 'raw loop, enveloped: headers', ...rate }, work: 'headers', acks: 'all' },
      {
        row: {
          key: 'raw-envelope',
          what: 'raw loop, enveloped: headers, JSON.parse, Ajv',
          comparedTo: 'raw-headers',
          ...rate,
        },
        work: 'headers-validate',
        acks: 'all',
      },
    ],
    ours: {
      key: 'enveloped-1',
      what: 'sentinelcore, enveloped, 1 % ask',
      comparedTo: 'raw-envelope',
      goal: { kind: 'share-at-least', value: 0.6 },
      ...rate,
    },
  },
  {
    form: 'bare',
    every: 1,
    count: 60_000,
    raw: [],
    ours: { key: 'bare-100', what: 'sentinelcore, bare, 100 % ask', comparedTo: 'raw-publish', ...rate },
  },
  {
    form: 'enveloped',
    every: 1,
    count: 60_000,
    raw: [],
    ours: { key: 'enveloped-100', what: 'sentinelcore, enveloped, 100 % ask', comparedTo: 'raw-publish', ...rate },
  },
];

const peerCount = 100_000;
const publishCount = 60_000;

/** How much telemetry one process gets through. */
export const suite: Suite = {
  name: 'telemetry',
  summary: 'how many events a second one process consumes, beside the raw limit and not durable peers',
  rows: [
    ...stages.flatMap(({ raw, ours }) => [...raw.map(({ row }) => row), ours]),
    { key: 'raw-publish', what: 'raw loop: publishes, pipelined, each awaited', ...rate },
    { key: 'nest', what: "Nest's NATS transport (not durable)", comparedTo: 'raw-count', ...rate },
    { key: 'moleculer', what: 'moleculer (not durable)', comparedTo: 'raw-count', ...rate },
  ],
  async measure(round) {
    for (const stage of stages) {
      await measureStage(stage, round);
    }
    round.progress('peers');
    round.record('raw-publish', await rawPublishRate(publishCount));
    round.record('nest', await nestRate(peerCount, round.seed));
    round.record('moleculer', await moleculerRate(peerCount, round.seed));
  },
};

async function rawPublishRate(count: number): Promise<number> {
  await using mesh = await DefendMesh.open();
  await using publisher = new BenchProcess('raw-publisher', { url: mesh.nats.url, count });
  const told = await publisher.line((line) => line.startsWith('{'), 'everything to be published');
  return (JSON.parse(told) as { readonly rate: number }).rate;
}

async function measureStage({ form, every, count, raw, ours }: Stage, round: Round): Promise<void> {
  await using mesh = await DefendMesh.open();
  await mesh.fill(form, count, every, round.seed);
  for (const { row, work, acks, count: ofRow = count } of raw) {
    round.progress(row.what);
    await mesh.addConsumer(row.key, acks);
    const options: RawLoopOptions = { url: mesh.nats.url, consumer: row.key, work, acks };
    await using _ = new BenchProcess('raw-loop', options, round.environmentFor(row.key));
    round.record(row.key, await mesh.rateOf(row.key, ofRow));
  }
  round.progress(ours.what);
  await using core = await mesh.startSentinelcore(round.environmentFor(ours.key));
  round.record(ours.key, await mesh.rateOf('sentinelcore', count));
  await core.stop();
}
