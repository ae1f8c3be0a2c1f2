// Runs every tier of tests, or those of --selectProjects, and counts what really ran. All other arguments are Jest's.
//
//   npm test
//   npm test -- --selectProjects unit integration
//   npm test -- --selectProjects unit -t "dead letter"
//
// REQUIRE_ALL=1 turns what was skipped, and a tier without tests, into a failure: CI sets it.
// A tier fails, instead of hanging for ever, when it outlives its time or leaves timers, sockets or processes behind.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

// Tiers that start servers and containers run one file after another: they share one machine, and only so does Jest
// notice what a file leaves open.
const tiers = [
  { name: 'unit', folder: 'libs', jest: ['--maxWorkers=2'], withinMin: 10 },
  { name: 'integration', folder: 'test/integration', jest: ['--runInBand'], withinMin: 12 },
  { name: 'docker', folder: 'test/integration/docker', jest: ['--runInBand'], withinMin: 15 },
  { name: 'e2e', folder: 'test/e2e', jest: ['--runInBand'], withinMin: 15 },
  { name: 'chaos', folder: 'test/chaos', jest: ['--runInBand'], withinMin: 10 },
  { name: 'compose', folder: 'test/compose', jest: ['--runInBand'], withinMin: 20 },
];
/** How long Jest may live on after its results are known, and its group of processes after Jest. */
const END_WITHIN_MS = 10_000;

const requireAll = process.env.REQUIRE_ALL === '1';
const { selected, jestArgs } = parseArguments(process.argv.slice(2));
const results = [];
for (const tier of tiers.filter(({ name }) => selected.length === 0 || selected.includes(name))) {
  results.push(existsSync(tier.folder) ? await runTier(tier) : { tier, problems: [], ...noCounts() });
}
printTable(results);
const problems = results.flatMap(({ tier, problems }) => problems.map((problem) => `${tier.name}: ${problem}`));
for (const problem of problems) console.error(`FAILED  ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Jest takes several names after one --selectProjects; those choose the tiers here. */
function parseArguments(args) {
  const selected = [];
  const jestArgs = [];
  let isSelecting = false;
  for (const arg of args) {
    const [flag, name] = arg.split('=');
    if (flag === '--selectProjects') {
      isSelecting = name === undefined;
      if (name !== undefined) selected.push(name);
    } else if (isSelecting && !arg.startsWith('-')) {
      selected.push(arg);
    } else {
      isSelecting = false;
      jestArgs.push(arg);
    }
  }
  const unknown = selected.filter((name) => !tiers.some((tier) => tier.name === name));
  if (unknown.length > 0) {
    console.error(`no such tier: ${unknown.join(', ')}. There are ${tiers.map(({ name }) => name).join(', ')}.`);
    process.exit(2);
  }
  return { selected, jestArgs };
}

async function runTier(tier) {
  console.error(`\n── ${tier.name}`);
  const startedAtMs = Date.now();
  const dir = mkdtempSync(join(tmpdir(), 'forge-tier-'));
  const report = join(dir, 'report.json');
  const problems = await runJest(tier, report);
  const counts = existsSync(report) ? countsOf(JSON.parse(readFileSync(report, 'utf8'))) : noCounts();
  rmSync(dir, { recursive: true });
  if (requireAll) {
    if (counts.passed + counts.failed + counts.skipped.length === 0) problems.push('no tests ran');
    for (const title of counts.skipped) problems.push(`skipped, and REQUIRE_ALL is set: ${title}`);
  }
  return { tier, problems, ...counts, elapsedMs: Date.now() - startedAtMs };
}

/** Jest gets a process group of its own, so that whatever the tests leave running is found and ended. */
async function runJest(tier, report) {
  const args = ['node_modules/jest/bin/jest.js', '--selectProjects', tier.name, ...tier.jest];
  args.push('--passWithNoTests', '--json', `--outputFile=${report}`, ...jestArgs);
  const jest = spawn(process.execPath, args, {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`,
      ...(process.stderr.isTTY ? { FORCE_COLOR: '1' } : {}),
    },
  });
  const stop = (signal) => {
    signalGroup(jest.pid, 'SIGKILL');
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);
  const problems = await outcomeOf(jest, report, tier.withinMin);
  for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, stop);
  return problems;
}

async function outcomeOf(jest, report, withinMin) {
  let code;
  jest.once('exit', (exitCode, signal) => {
    code = exitCode ?? signal;
  });
  const ended = await waitFor(() => code !== undefined || existsSync(report), withinMin * 60_000);
  if (!ended) {
    signalGroup(jest.pid, 'SIGKILL');
    return [`not done within ${withinMin} minutes`];
  }
  if (!(await waitFor(() => code !== undefined, END_WITHIN_MS))) {
    signalGroup(jest.pid, 'SIGKILL');
    return ['tests left something open that keeps Jest alive: look for it with --detectOpenHandles'];
  }
  const problems = code === 0 ? [] : [`Jest ended with ${code}`];
  if (!(await waitFor(() => runningIn(jest.pid).length === 0, END_WITHIN_MS))) {
    problems.push(`tests left processes running, which are killed now: ${runningIn(jest.pid).join('; ')}`);
    signalGroup(jest.pid, 'SIGKILL');
  }
  return problems;
}

/** Whether the fact came true in time. */
async function waitFor(isTrue, withinMs) {
  const deadlineMs = Date.now() + withinMs;
  while (!isTrue()) {
    if (Date.now() > deadlineMs) return false;
    await delay(50);
  }
  return true;
}

/** The live processes of a group. A zombie is none: where nobody reaps orphans, it stays for ever. */
function runningIn(group) {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pgid=,stat=,pid=,args='], { encoding: 'utf8' });
  const rows = (stdout ?? '').split('\n').map((line) => line.trim().split(/\s+/));
  return rows
    .filter(([pgid, stat]) => pgid === String(group) && !stat.startsWith('Z'))
    .map(([, , pid, ...command]) => `${pid} ${command.join(' ')}`);
}

function signalGroup(group, signal) {
  try {
    process.kill(-group, signal);
  } catch {
    // The group is gone: so much the better.
  }
}

function noCounts() {
  return { passed: 0, failed: 0, skipped: [], elapsedMs: 0 };
}

/** A file that fails to load has no tests to count, and counts as one failure. */
function countsOf(report) {
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: tests.filter(({ status }) => !['passed', 'failed'].includes(status)).map(({ fullName }) => fullName),
  };
}

function printTable(results) {
  const row = (name, ...cells) => console.log(name.padEnd(12) + cells.map((cell) => String(cell).padStart(9)).join(''));
  const sum = (count) => results.reduce((total, result) => total + count(result), 0);
  const counts = [({ passed }) => passed, ({ failed }) => failed, ({ skipped }) => skipped.length];
  const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
  console.log();
  row('tier', 'passed', 'failed', 'skipped', 'time');
  for (const result of results)
    row(result.tier.name, ...counts.map((count) => count(result)), seconds(result.elapsedMs));
  row('total', ...counts.map(sum), seconds(sum(({ elapsedMs }) => elapsedMs)));
}
