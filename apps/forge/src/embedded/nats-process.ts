import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ForgeError } from '@sentinel-forge/contracts';
import { isDiskFullText, whenRoom } from './disk-room.js';
import { type NatsConfigOptions, natsConfig } from './nats-config.js';
import { isRunning } from './process-mark.js';

const startDeadlineMs = 10_000;
const stopDeadlineMs = 10_000;
const pollMs = 10;
const restartPauseMs = 250;
/** What Go's collector keeps to: else, under a steady load, it lets several times as much gather before it looks. */
const memoryLimit = '256MiB';

/** What a nats-server child is started with. */
export interface NatsProcessOptions extends NatsConfigOptions {
  /** The program. */
  readonly program: string;
  /** Hears that the server ended by itself and is being started again. */
  readonly onCrash: (reason: string) => void;
  /** Hears that the disk is full, and that there is room again: then the server is started anew. */
  readonly onDisk: (state: 'full' | 'room') => void;
}

/** The nats-server of an embedded mesh: a child that is started again when it dies, and stopped last of all. */
export class NatsProcess {
  #child: ChildProcess | undefined;
  readonly #stopping = new AbortController();
  #port = 0;
  #fullDiskOf: ChildProcess | undefined;
  #output = '';

  private constructor(private readonly options: NatsProcessOptions) {}

  /** Starts the server and waits until it listens. */
  static async start(options: NatsProcessOptions): Promise<NatsProcess> {
    const server = new NatsProcess(options);
    server.#endPredecessor();
    await server.#spawn(options.port);
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.#port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Lets it write what it holds, then ends it. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
      return;
    }
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
    await exited;
    clearTimeout(timer);
    rmSync(this.#pidFile, { force: true });
  }

  get #configFile(): string {
    return join(this.options.directory, 'nats-server.conf');
  }

  get #pidFile(): string {
    return join(this.options.directory, 'nats-server.pid');
  }

  async #spawn(port: number): Promise<void> {
    writeFileSync(this.#configFile, natsConfig({ ...this.options, port }), { mode: 0o600 });
    this.#output = '';
    // A process group of its own: Ctrl-C on a terminal reaches the whole group of the runner, and the server must outlive
    // the services that drain into it.
    const child = spawn(this.options.program, ['--config', this.#configFile, '--pid', this.#pidFile], {
      detached: true,
      env: { GOMEMLIMIT: memoryLimit, ...process.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#output = (this.#output + text).slice(-8_192);
      if (isDiskFullText(text)) {
        void this.#startAnewWhenRoom(child);
      }
    });
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {
      // who waits for it hears of it; once it listens, nobody does
    });
    child.once('error', (error) => failed.reject(this.#startError(error.message)));
    child.once('exit', (code, signal) => {
      failed.reject(this.#startError(`it ended with ${signal ?? code}`));
      this.#restartUnlessStopping(child, signal ?? `code ${code}`);
    });
    this.#port = await Promise.race([this.#whenListening(child), failed.promise]);
  }

  // The server writes the ports it listens on into a file named after its process: true even for port 0.
  async #whenListening(child: ChildProcess): Promise<number> {
    const deadlineMs = Date.now() + startDeadlineMs;
    while (Date.now() < deadlineMs) {
      const port = this.#readPort(child.pid ?? 0);
      if (port !== undefined) {
        return port;
      }
      await delay(pollMs);
    }
    child.kill('SIGKILL');
    throw this.#startError(`it did not listen within ${startDeadlineMs / 1000} s`);
  }

  #readPort(pid: number): number | undefined {
    const { directory } = this.options;
    const file = readdirSync(directory).find((name) => name.endsWith(`_${pid}.ports`));
    if (file === undefined) {
      return undefined;
    }
    try {
      const { nats } = JSON.parse(readFileSync(join(directory, file), 'utf8')) as { nats?: readonly string[] };
      return nats?.[0] === undefined ? undefined : Number(new URL(nats[0]).port);
    } catch {
      return undefined; // half written
    }
  }

  // Measured with nats-server 2.14: a stream whose disk was full once stores nothing any more, whatever room there is then,
  // until the server is started anew. What it has acknowledged is on the disk; it was nothing of what it refused.
  async #startAnewWhenRoom(child: ChildProcess): Promise<void> {
    if (this.#fullDiskOf === child) {
      return;
    }
    this.#fullDiskOf = child;
    this.options.onDisk('full');
    if (await whenRoom(this.options.directory, this.#stopping.signal)) {
      this.options.onDisk('room');
      child.kill('SIGTERM');
    }
  }

  #restartUnlessStopping(child: ChildProcess, reason: string): void {
    if (this.#stopping.signal.aborted || this.#port === 0 || child !== this.#child) {
      return;
    }
    this.options.onCrash(reason);
    const again = (): void => {
      if (!this.#stopping.signal.aborted) {
        this.#spawn(this.#port).catch((error: unknown) => {
          this.options.onCrash(String(error));
          setTimeout(again, restartPauseMs * 4);
        });
      }
    };
    setTimeout(again, restartPauseMs);
  }

  // A runner that was killed leaves its server behind, with the port and the store.
  #endPredecessor(): void {
    const pid = readPid(this.#pidFile);
    if (pid !== undefined && isRunning(pid) && isOurs(pid, this.#configFile)) {
      process.kill(pid, 'SIGTERM');
      const deadlineMs = Date.now() + stopDeadlineMs;
      while (isRunning(pid) && Date.now() < deadlineMs) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pollMs);
      }
    }
    for (const name of readdirSync(this.options.directory).filter((file) => file.endsWith('.ports'))) {
      rmSync(join(this.options.directory, name), { force: true });
    }
  }

  #startError(reason: string): ForgeError {
    const { port } = this.options;
    if (/address already in use/i.test(this.#output)) {
      return new ForgeError(
        'FORGE_CONFIG_INVALID',
        `Port ${port} is taken: stop what listens there, set FORGE_NATS_PORT to another one, or set NATS_URL to use that server`,
      );
    }
    const lastLine = this.#output.trim().split('\n').at(-1) ?? '';
    return new ForgeError(
      'FORGE_NATS_UNAVAILABLE',
      `nats-server did not start: ${reason}${lastLine === '' ? '' : ` (${lastLine})`}`,
    );
  }
}

function readPid(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8').trim());
  } catch {
    return undefined;
  }
}

function isOurs(pid: number, configFile: string): boolean {
  try {
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).includes(configFile);
  } catch {
    return false;
  }
}
