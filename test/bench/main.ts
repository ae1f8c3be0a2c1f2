// Measures the mesh beside the raw limit and its peers, in one run: docs/guides/benchmark.md.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine } from './report/machine.js';
import { type Result, resultsOf } from './report/results.js';
import { printTable } from './report/table.js';
import type { Suite } from './suite.js';

const seed = 20_260_101;
const defaultRounds = 5;
const here = fileURLToPath(new URL('.', import.meta.url));

const usage = `npm run bench [-- [options] [suite …]]

  --rounds <n>       how often everything is measured (${defaultRounds})
  --json <file>      where the figures go as JSON (test/bench/results/<time>.json)
  --profile <dir>    have the measured processes write CPU profiles there; the figures are worse then
  --list             name the suites
`;

class UsageError extends Error {}

try {
  await main();
} catch (error) {
  // A person's mistake gets a sentence, not a stack.
  process.stderr.write(
    error instanceof UsageError ? `${error.message}\n\n${usage}` : `${String((error as Error).stack)}\n`,
  );
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(): Promise<void> {
  const { values, positionals } = readArguments();
  const suites = await findSuites();
  if (values.help === true || values.list === true) {
    process.stdout.write(
      values.help === true ? usage : suites.map(({ name, summary }) => `${name.padEnd(12)}${summary}\n`).join(''),
    );
    return;
  }
  const chosen = await chooseSuites(suites, positionals);
  const rounds = roundsOf(values.rounds);
  const machine = describeMachine();
  const startedAt = new Date();
  const profileDirectory = values.profile === undefined ? undefined : resolve(values.profile);
  const results = await measure(chosen, rounds, profileDirectory);
  printTable(results, process.stdout);
  const file = resolve(values.json ?? join(here, 'results', `${startedAt.toISOString().replaceAll(':', '-')}.json`));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(
    file,
    `${JSON.stringify({ startedAt: startedAt.toISOString(), seed, rounds, machine, results }, null, 2)}\n`,
  );
  progress(`written to ${file}`);
}

function readArguments(): {
  values: { rounds?: string; json?: string; profile?: string; list?: boolean; help?: boolean };
  positionals: string[];
} {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        rounds: { type: 'string' },
        json: { type: 'string' },
        profile: { type: 'string' },
        list: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function roundsOf(text: string | undefined): number {
  const rounds = text === undefined ? defaultRounds : Number(text);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
    throw new UsageError(`--rounds must be a whole number from 1 to 100, not "${text}"`);
  }
  return rounds;
}

async function findSuites(): Promise<readonly Suite[]> {
  const directory = join(here, 'suites');
  const files = (await readdir(directory)).filter((name) => name.endsWith('.bench.ts')).sort();
  return Promise.all(
    files.map(async (name) => ((await import(join(directory, name))) as { readonly suite: Suite }).suite),
  );
}

async function chooseSuites(suites: readonly Suite[], names: readonly string[]): Promise<readonly Suite[]> {
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    throw new UsageError(
      `there is no suite ${unknown.join(', ')}; there are ${suites.map(({ name }) => name).join(', ')}`,
    );
  }
  const chosen: Suite[] = [];
  for (const suite of suites.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const reason = await suite.whyNot?.();
    if (reason === undefined) {
      chosen.push(suite);
    } else if (process.env.REQUIRE_ALL === '1') {
      throw new Error(`${suite.name} cannot run (REQUIRE_ALL=1): ${reason}`);
    } else {
      progress(`skipped: ${suite.name}: ${reason}`);
    }
  }
  return chosen;
}

async function measure(
  suites: readonly Suite[],
  rounds: number,
  profileDirectory: string | undefined,
): Promise<readonly Result[]> {
  const samples = new Map(
    suites.map((suite) => [suite.name, new Map(suite.rows.map(({ key }) => [key, [] as number[][]]))]),
  );
  for (let index = 0; index < rounds; index += 1) {
    for (const suite of suites) {
      const recorded = samples.get(suite.name);
      for (const ofRow of recorded?.values() ?? []) {
        ofRow.push([]);
      }
      await suite.measure({
        index,
        seed: seed + index,
        record: (key, ...values) => {
          const ofRow = recorded?.get(key);
          if (ofRow === undefined) {
            throw new Error(`the suite "${suite.name}" has no row "${key}"`);
          }
          // One by one: a round may have more samples than a call may have arguments.
          for (const value of values) {
            ofRow.at(-1)?.push(value);
          }
        },
        progress: (what) => progress(`${index + 1}/${rounds} ${suite.name}: ${what}`),
        environmentFor: (processName) =>
          profilingEnvironment(profileDirectory, `${suite.name}-${processName}-${index}`),
      });
    }
  }
  return suites.flatMap((suite) => resultsOf(suite, samples.get(suite.name) ?? new Map()));
}

function profilingEnvironment(directory: string | undefined, name: string): Record<string, string> {
  return directory === undefined
    ? {}
    : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${directory} --cpu-prof-name=${name}.cpuprofile` };
}

function progress(what: string): void {
  process.stderr.write(`bench: ${what}\n`);
}
