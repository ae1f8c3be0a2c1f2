import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Arrivals, waitFor } from '@sentinel-forge/testing';
import { type ForgeRun, ForgeTool } from './forge-tool.js';

/** What `forge up --json` prints once everything is started. */
export interface MeshReport {
  readonly services: ReadonlyArray<{
    readonly app: string;
    readonly url: string;
    readonly state: string;
    readonly reason: string;
  }>;
  readonly natsUrl: string;
  readonly tokenFile: string;
  readonly readyMs: number;
  readonly residentBytes: { readonly mesh: number; readonly natsServer: number };
}

/** How a mesh is started. */
export interface EmbeddedMeshOptions {
  /** Settings beside the ones that every test needs: ports of the system's choice and a data directory of its own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Lets the user `insider`, with that password, see and do everything in the account of the mesh. */
  readonly hasInsider?: boolean;
  /** Where it keeps its data; a new directory when not given. It goes with the mesh. */
  readonly dataDirectory?: string;
  /** Its nats-server takes what the disk holds, not only what it thinks it may. */
  readonly mayFillDisk?: boolean;
}

const natsServerWithInsider = fileURLToPath(new URL('nats-server-with-insider.sh', import.meta.url));
const forge = fileURLToPath(new URL('../../apps/forge/bin/forge.js', import.meta.url));
const fillingNatsServer = fileURLToPath(new URL('nats-server-on-small-disk.sh', import.meta.url));
const fetchedNatsServer = fileURLToPath(new URL('../../.tools/nats-server/nats-server', import.meta.url));
/** Lets the system choose every port of a mesh. */
export const anyPorts: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'FORGE_NATS_PORT',
    'SENTINELCORE_PORT',
    'NOTIFICATION_DISPATCHER_PORT',
    'SUPERVISOR_PORT',
    'LOG_INDEXER_PORT',
    'HARDENING_AUDITOR_PORT',
    'TASK_REGISTRY_PORT',
  ].map((name) => [name, '0']),
);
const stopWithinMs = 30_000;

/**
 * The whole mesh as a user starts it: `forge up` as a process of its own, with a real nats-server, on ports and in a data
 * directory that belong to nobody else. It can end well, be killed, and come back on the same data.
 */
export class EmbeddedMeshProcess implements AsyncDisposable {
  readonly #environment: Readonly<Record<string, string>>;
  #process: ChildProcess | undefined;
  #report: MeshReport | undefined;
  /** Every line that the mesh has printed, over all of its starts. */
  readonly output = new Arrivals<string>();

  private constructor(
    readonly dataDirectory: string,
    options: EmbeddedMeshOptions,
  ) {
    this.#environment = {
      ...anyPorts,
      ...plainEnvironment(),
      FORGE_DATA_DIR: dataDirectory,
      ...(options.hasInsider === true ? instead(natsServerWithInsider) : {}),
      ...(options.mayFillDisk === true ? instead(fillingNatsServer) : {}),
      ...options.environment,
    };
  }

  /** Resolves when the mesh has said that everything is started. */
  static async start(options: EmbeddedMeshOptions = {}): Promise<EmbeddedMeshProcess> {
    const mesh = new EmbeddedMeshProcess(
      options.dataDirectory ?? (await mkdtemp(join(tmpdir(), 'forge-mesh-'))),
      options,
    );
    try {
      await mesh.restart();
      return mesh;
    } catch (error) {
      await mesh[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What the last start printed. */
  get report(): MeshReport {
    if (this.#report === undefined) {
      throw new Error('the mesh does not run');
    }
    return this.#report;
  }

  get natsUrl(): string {
    return this.report.natsUrl;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Where the HTTP of a service listens. */
  urlOf(app: string): string {
    const service = this.report.services.find((one) => one.app === app);
    if (service === undefined) {
      throw new Error(`the mesh runs no ${app}`);
    }
    return service.url;
  }

  /** The token of the operator. */
  async token(): Promise<string> {
    return (await readFile(this.report.tokenFile, 'utf8')).trim();
  }

  /** What the nats-server lets a user in with. */
  async passwordOf(user: string): Promise<string> {
    const config = await readFile(join(this.dataDirectory, 'nats', 'nats-server.conf'), 'utf8');
    return new RegExp(`user: "${user}", password: "(.*)"`).exec(config)?.[1] ?? '';
  }

  /** Runs a command of the tool to its end, as whoever started the mesh. */
  forge(...args: readonly string[]): Promise<ForgeRun> {
    return this.tool().run(args);
  }

  /** The tool, as whoever started the mesh. */
  tool(environment: Readonly<Record<string, string>> = {}): ForgeTool {
    return new ForgeTool({ ...this.#environment, ...environment });
  }

  /** Ends it as Ctrl-C does, or as an orchestrator would, and resolves to its exit code. */
  async stop(signal: 'SIGINT' | 'SIGTERM' = 'SIGINT'): Promise<number | null> {
    return this.#end(signal);
  }

  /** Ends it as a crash would; its nats-server lives on, as it would then. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Starts it again on the same data, ending what still runs first. */
  async restart(): Promise<void> {
    await this.stop();
    const already = this.output.all.length;
    const child = spawn(process.execPath, [forge, 'up', '--json'], {
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.output.add(line));
    }
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the mesh ended with ${code}:\n${this.output.all.slice(already).join('\n')}`);
    });
    const isReport = (line: string): boolean => line.startsWith('{"services":');
    const report = await Promise.race([
      this.output.until((lines) => lines.slice(already).some(isReport), 'the report of the mesh', 30_000),
      ended,
    ]);
    ended.catch(() => undefined);
    this.#report = JSON.parse(report.slice(already).find(isReport) ?? '') as MeshReport;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.killNatsServer();
    await rm(this.dataDirectory, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#process;
    this.#process = undefined;
    this.#report = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
      return child?.exitCode ?? null;
    }
    const exited = once(child, 'exit');
    child.kill(signal);
    const stuck = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
    const [code] = await exited;
    clearTimeout(stuck);
    return code as number | null;
  }

  /** Ends the nats-server as a crash would. A mesh that runs starts it again by itself. */
  async killNatsServer(): Promise<void> {
    const text = await readFile(join(this.dataDirectory, 'nats', 'nats-server.pid'), 'utf8').catch(() => '');
    const pid = Number(text);
    if (pid > 0 && isRunning(pid)) {
      process.kill(pid, 'SIGKILL');
      await waitFor(() => !isRunning(pid), { description: 'the end of the nats-server' });
    }
  }
}

/** What stands in for the nats-server, and runs the real one itself. */
function instead(program: string): Readonly<Record<string, string>> {
  return { FORGE_NATS_SERVER: program, REAL_NATS_SERVER: process.env.FORGE_NATS_SERVER ?? fetchedNatsServer };
}

/** The environment without any setting of the mesh: a test says itself what it runs with. */
function plainEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'DOCKER_HOST', 'FORGE_NATS_SERVER'];
  return Object.fromEntries(kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

// A process that ended and that nobody has collected yet is there in name only.
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}
