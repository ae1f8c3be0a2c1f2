import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { cutOff, describeReport, type RunningService, stopBudgetMs } from '@sentinel-forge/chassis';
import { type AppName, apps } from '@sentinel-forge/contracts';
import { logPrinter } from '../terminal/log-printer.js';
import { safeText } from '../terminal/safe-text.js';
import { columns, paint } from '../terminal/table.js';
import { type EmbeddedMesh, startEmbeddedMesh } from './embedded-mesh.js';

const readyWithinMs = 10_000;
const outsideWithinMs = 500;
const pollMs = 5;
/** npm passes a Ctrl-C on to who has had it from the terminal already. */
const echoedWithinMs = 500;
/** The services, which stop together, and then the nats-server. */
const upStopBudgetMs = stopBudgetMs + 4_000;

/** Starts the mesh, says what was started, and stops it in order on a signal. */
export async function up(options: { readonly json?: boolean }): Promise<void> {
  const mesh = await startEmbeddedMesh(process.env, logPrinter(process.stdout));
  stopOnSignal(mesh);
  await whenSettled(mesh.services);
  const report = reportOf(mesh);
  process.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : describeMesh(mesh, report));
}

interface MeshReport {
  readonly services: ReadonlyArray<{
    readonly app: AppName;
    readonly url: string;
    readonly state: string;
    readonly reason: string;
  }>;
  readonly natsUrl: string;
  readonly tokenFile: string;
  readonly readyMs: number;
  readonly residentBytes: { readonly mesh: number; readonly natsServer: number };
}

/** What the services need of each other, and so what is worth waiting for; a Docker engine or a mail server may never come. */
const insideMesh = new Set(['nats', 'jetstream', 'inventory']);

// What is outside gets a moment too: an engine that is there is heard within milliseconds, and should not be reported missing.
async function whenSettled(services: readonly RunningService[]): Promise<void> {
  const startedMs = Date.now();
  const waitsFor = (isWanted: (dependency: string) => boolean): boolean =>
    services.some((service) => service.readiness().dependencies.some(({ name, isUp }) => !isUp && isWanted(name)));
  while (
    waitsFor((name) => insideMesh.has(name) && Date.now() - startedMs < readyWithinMs) ||
    waitsFor(() => Date.now() - startedMs < outsideWithinMs)
  ) {
    await delay(pollMs);
  }
}

function reportOf(mesh: EmbeddedMesh): MeshReport {
  return {
    services: mesh.services
      .map(({ app, url, readiness }) => {
        const report = readiness();
        return { app, url, state: report.status, reason: report.status === 'up' ? '' : describeReport(report) };
      })
      .sort((one, other) => portOf(one.url) - portOf(other.url)),
    natsUrl: mesh.natsUrl,
    tokenFile: mesh.dataDirectory.tokenFile,
    readyMs: Math.round(performance.now()),
    residentBytes: { mesh: process.memoryUsage.rss(), natsServer: residentBytesOf(mesh.natsPid) },
  };
}

function describeMesh(mesh: EmbeddedMesh, report: MeshReport): string {
  const rows = report.services.map(({ app, url, state, reason }) => [
    paint('bold', app),
    url,
    paint(state === 'up' ? 'green' : 'yellow', state),
    reason === '' ? paint('dim', apps[app].summary) : safeText(reason),
  ]);
  const { mesh: own, natsServer } = report.residentBytes;
  const url = report.services.find(({ app }) => app === 'sentinelcore')?.url ?? '';
  const natsMemory = mesh.natsPid === undefined ? '' : `, nats-server ${megabytes(natsServer)}`;
  return `
${columns([...rows, [paint('bold', 'nats-server'), report.natsUrl, paint('green', 'up'), paint('dim', mesh.natsPid === undefined ? 'not ours' : 'JetStream on disk, encrypted')]])}

Ready in ${(report.readyMs / 1000).toFixed(1)} s; resident: mesh ${megabytes(own)}${natsMemory}.
Operator token: ${report.tokenFile}

Try, in another terminal:
  npx forge status
  npx forge tail 'defend.>' 'mitigation.>'
  curl -s ${url}/defend -H "Authorization: Bearer $(cat ${report.tokenFile})" -H 'Content-Type: application/json' -d '{"source":"me","severity":3}'

Ctrl-C drains and stops everything.
`;
}

function stopOnSignal(mesh: EmbeddedMesh): void {
  let stoppingSinceMs: number | undefined;
  const stop = (): void => {
    if (stoppingSinceMs !== undefined) {
      if (performance.now() - stoppingSinceMs > echoedWithinMs) {
        process.stderr.write('Stopping already; what is in flight is being finished.\n');
      }
      return;
    }
    stoppingSinceMs = performance.now();
    setTimeout(() => cutOff(upStopBudgetMs), upStopBudgetMs);
    mesh.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`Could not stop cleanly: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

function residentBytesOf(pid: number | undefined): number {
  if (pid === undefined) {
    return 0;
  }
  try {
    const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes) * 1024;
  } catch {
    try {
      return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;
    } catch {
      return 0;
    }
  }
}
