// Throws generated payloads at everything that takes what anybody may have written:
//   npm run fuzz -- --count 1000000 --seed 1
// Each must be taken or refused with a reason; a crash, an unhandled rejection or a hang is a finding, named by its seed:
//   npm run fuzz -- --only telemetry --count 1 --seed <the seed>
import { parseArgs } from 'node:util';
import { type FuzzFigures, fuzz } from './fuzz.js';
import { openHttpTarget } from './http-target.js';
import { openTargets, type Target } from './targets.js';

/** Of all payloads, how many go where: what anybody can reach without a token gets most. */
const shares: Readonly<Record<string, number>> = { telemetry: 0.8, body: 0.1, rules: 0.05, http: 0.05 };
/** Far beyond what any payload takes; the machine may be busy. */
const slowMs = 10_000;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));

await using http = await openHttpTarget();
const targets: Readonly<Record<string, Target>> = { ...(await openTargets()), http: http.target };
const wanted = Object.keys(targets).filter((name) => values.only === undefined || name === values.only);
let isWell = wanted.length > 0;
for (const name of wanted) {
  const share = values.only === undefined ? (shares[name] ?? 0) : 1;
  const startedAtMs = performance.now();
  const figures = await fuzz(
    targets[name] as Target,
    Math.round(Number(values.count) * share),
    Number(values.seed),
    slowMs,
  );
  tell(name, figures, (performance.now() - startedAtMs) / 1000);
  isWell &&= figures.findings.length === 0;
}
process.stdout.write(`unhandled rejections: ${unhandled.length}\n`);
process.exitCode = isWell && unhandled.length === 0 ? 0 : 1;

function tell(name: string, { count, taken, refused, slowestMs, findings }: FuzzFigures, seconds: number): void {
  process.stdout.write(
    `${name}: ${count} payloads in ${seconds.toFixed(0)} s; ${taken} taken, ${refused} refused with a reason, slowest ${slowestMs.toFixed(0)} ms, ${findings.length} findings\n`,
  );
  for (const { seed, error } of findings) {
    process.stdout.write(`  --only ${name} --count 1 --seed ${seed}\n`);
    process.stdout.write(`${describe(error)}\n`);
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  return error.cause === undefined ? String(error.stack) : `${error.stack}\n  because: ${describe(error.cause)}`;
}
