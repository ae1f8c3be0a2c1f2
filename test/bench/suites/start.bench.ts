import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { apps } from '@sentinel-forge/contracts';
import { medianOfRounds } from '../report/statistics.js';
import type { Suite } from '../suite.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What `npm start -- --json` prints once everything is ready; of that, what is shown here. */
interface Report {
  readonly residentBytes: { readonly mesh: number; readonly natsServer: number };
}

/** How long the whole mesh takes to start, and what it holds. */
export const suite: Suite = {
  name: 'start',
  summary: '`npm start`, dependencies installed: until everything is ready, and the memory that it then holds',
  rows: [
    {
      key: 'ready',
      what: 'npm start → everything ready',
      unit: 'ms',
      statistic: medianOfRounds,
      goal: { kind: 'at-most', value: 2_000 },
    },
    { key: 'mesh', what: 'resident: all services, one process', unit: 'MB', statistic: medianOfRounds },
    { key: 'nats', what: 'resident: nats-server', unit: 'MB', statistic: medianOfRounds },
    {
      key: 'resident',
      what: 'resident: together',
      unit: 'MB',
      statistic: medianOfRounds,
      goal: { kind: 'at-most', value: 220 },
    },
  ],
  async measure(round) {
    round.progress('npm start');
    const folder = await mkdtemp(join(tmpdir(), 'forge-bench-'));
    try {
      const { readyMs, report } = await startOnce(folder);
      const { mesh, natsServer } = report.residentBytes;
      round.record('ready', readyMs);
      round.record('mesh', mesh / 2 ** 20);
      round.record('nats', natsServer / 2 ** 20);
      round.record('resident', (mesh + natsServer) / 2 ** 20);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function startOnce(folder: string): Promise<{ readonly readyMs: number; readonly report: Report }> {
  const { PATH = '', HOME = '', DOCKER_HOST } = process.env;
  const anyPort = Object.fromEntries(Object.values(apps).map(({ portSetting }) => [portSetting, '0']));
  const beganAtMs = performance.now();
  const child = spawn('npm', ['start', '--silent', '--', '--json'], {
    cwd: root,
    detached: true, // a group of its own, so that all of it can be told to stop, as Ctrl-C does
    env: {
      PATH,
      HOME,
      ...(DOCKER_HOST === undefined ? {} : { DOCKER_HOST }),
      ...anyPort,
      FORGE_NATS_PORT: '0',
      FORGE_DATA_DIR: folder,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('{"services":')) {
        return { readyMs: performance.now() - beganAtMs, report: JSON.parse(line) as Report };
      }
    }
    throw new Error('npm start ended before everything was ready');
  } finally {
    process.kill(-(child.pid ?? 0), 'SIGINT');
    await exited;
  }
}
