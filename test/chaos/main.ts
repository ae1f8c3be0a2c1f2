// Kills everything at random under load, and looks whether the mesh kept its promises: docs/guides/chaos.md.
//
//   npm run chaos                       one run, of seed 1
//   npm run chaos -- --seeds 1..10      ten of them
//   npm run chaos -- --seed 7 --events 2000
//
// Exits with 0 when nothing was lost, repeated or left undone, 1 when something was, 2 for a wrong argument.
import { parseArgs } from 'node:util';
import { whyNoPrivateEngine } from '../support/private-engine.js';
import { planChaos } from './chaos-plan.js';
import { runChaos } from './chaos-run.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    events: { type: 'string', default: '10000' },
    rate: { type: 'string', default: '1000' },
    kills: { type: 'string', default: '2' },
    help: { type: 'boolean', short: 'h' },
  },
});

const usage = `npm run chaos -- [--seed <n> | --seeds <from>..<to>] [--events 10000] [--rate 1000] [--kills 2]

Kills sentinelcore, supervisor, log-indexer, notification-dispatcher, nats-server and dockerd with SIGKILL at moments that
follow from the seed, while events are published, and checks what came of it. Needs root and dockerd.
  --seed, --seeds   which runs (default: 1)
  --events          telemetry events; one in fifty asks for a mitigation
  --rate            how many of them in a second
  --kills           how often each is killed`;

const number = (text: string, name: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    fail(`--${name} must be a whole number from 1 on, and is "${text}"`);
  }
  return value;
};

function fail(reason: string): never {
  process.stderr.write(`chaos: ${reason}\n\n${usage}\n`);
  process.exit(2);
}

function seedsOf(): readonly number[] {
  const [, from, to] = /^(\d+)\.\.(\d+)$/.exec(values.seeds ?? '') ?? [];
  if (values.seeds !== undefined && (from === undefined || to === undefined || Number(from) > Number(to))) {
    fail(`--seeds must be such as 1..10, and is "${values.seeds}"`);
  }
  return from === undefined
    ? [number(values.seed ?? '1', 'seed')]
    : Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => Number(from) + index);
}

if (values.help === true) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}
const reason = await whyNoPrivateEngine();
if (reason !== undefined) {
  fail(reason);
}
const events = number(values.events, 'events');
const failed: number[] = [];
for (const seed of seedsOf()) {
  const startedAtMs = performance.now();
  process.stderr.write(`\nseed ${seed}: `);
  const plan = planChaos({
    ...{ seed, events, perSecond: number(values.rate, 'rate'), killsEach: number(values.kills, 'kills') },
    ...{ asks: Math.ceil(events / 50), containers: 10 },
  });
  const problems = await runChaos(plan, (line) => process.stderr.write(`${line}\n`));
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(0);
  process.stdout.write(
    `seed ${seed}: ${problems.length === 0 ? 'everything as planned' : `${problems.length} problems`} (${seconds} s)\n`,
  );
  for (const problem of problems) {
    process.stdout.write(`  - ${problem}\n`);
  }
  if (problems.length > 0) {
    failed.push(seed);
  }
}
process.exitCode = failed.length === 0 ? 0 : 1;
