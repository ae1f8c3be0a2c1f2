import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { waitFor } from '../wait-for.js';

const READY_WITHIN_MS = 10_000;
const STOPPED_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 5;
/** nats-server takes 0 for "the usual port"; this means "any free one". */
const ANY_PORT = -1;

/** What a {@link NatsTestServer} is started with. */
export interface NatsTestServerOptions {
  /** Text added to the server's configuration: accounts, permissions, limits. JetStream and the port are set already. */
  readonly config?: string;
}

/**
 * A real nats-server on a free port of the loopback, with JetStream in a folder of its own. It can end well, be killed,
 * and come back on the same port with the same store; disposing of it ends it and removes the folder.
 */
export class NatsTestServer implements AsyncDisposable {
  readonly #dir: string;
  #config: string;
  #process: ChildProcess | undefined;
  #port = ANY_PORT;
  #log = '';

  private constructor(dir: string, config: string) {
    this.#dir = dir;
    this.#config = config;
  }

  /** Resolves when the server takes connections. Throws what the server logged if it does not come up. */
  static async start(options: NatsTestServerOptions = {}): Promise<NatsTestServer> {
    const server = new NatsTestServer(await mkdtemp(join(tmpdir(), 'forge-nats-')), options.config ?? '');
    try {
      await server.restart();
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** Without credentials. */
  get url(): string {
    return `nats://127.0.0.1:${this.#port}`;
  }

  /** Where JetStream keeps its files. */
  get storeDir(): string {
    return join(this.#dir, 'store');
  }

  /** What the server has logged since it was first started. */
  get log(): string {
    return this.#log;
  }

  /** Ends the server as an operator would (SIGTERM). The store stays, for {@link restart}. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Ends the server as a crash would (SIGKILL). The store stays, for {@link restart}. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Has the running server read another configuration, as an operator would (SIGHUP). Resolves when it has. */
  async reload(config: string): Promise<void> {
    this.#config = config;
    await writeFile(join(this.#dir, 'server.conf'), this.#configuration());
    const already = this.#log.length;
    this.#process?.kill('SIGHUP');
    const isDone = (): boolean => /Reloaded server configuration|Failed to reload/.test(this.#log.slice(already));
    await waitFor(isDone, { description: 'the server to read its configuration' });
    if (this.#log.slice(already).includes('Failed to reload')) {
      throw new Error(this.#log.slice(already));
    }
  }

  /** Comes back on the same port with the same store, ending what still runs first. */
  async restart(): Promise<void> {
    await this.stop();
    const config = join(this.#dir, 'server.conf');
    await writeFile(config, this.#configuration());
    const server = spawn(natsServerPath(), ['--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = server;
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
    this.#port = await this.#portOf(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#dir, { recursive: true, force: true });
  }

  #configuration(): string {
    return [
      `listen: "127.0.0.1:${this.#port}"`,
      `ports_file_dir: ${JSON.stringify(this.#dir)}`,
      `jetstream { store_dir: ${JSON.stringify(this.storeDir)} }`,
      this.#config,
    ].join('\n');
  }

  /** The server writes down where it listens once it takes connections: the only source that cannot race. */
  async #portOf(server: ChildProcess): Promise<number> {
    const failed = new Promise<never>((_, reject) => {
      server.once('error', (cause) =>
        reject(new Error('nats-server cannot be started. Run: sh scripts/setup.sh', { cause })),
      );
      server.once('close', () => reject(new Error(`nats-server did not start:\n${this.#log}`)));
    });
    const late = AbortSignal.timeout(READY_WITHIN_MS);
    for (;;) {
      const port = await Promise.race([readPort(this.#dir, server.pid), failed]);
      if (port !== undefined) {
        return port;
      }
      if (late.aborted) {
        throw new Error(`nats-server was not ready within ${READY_WITHIN_MS} ms:\n${this.#log}`);
      }
      await Promise.race([delay(LOOK_EVERY_MS), failed]);
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) {
      return;
    }
    const stuck = setTimeout(() => server.kill('SIGKILL'), STOPPED_WITHIN_MS);
    const closed = once(server, 'close');
    server.kill(signal);
    await closed;
    clearTimeout(stuck);
  }
}

/** The nats-server to start, by the rule of `scripts/fetch-nats-server.sh`. */
export function natsServerPath(): string {
  const root = new URL('../../../../', import.meta.url);
  return process.env.FORGE_NATS_SERVER || fileURLToPath(new URL('.tools/nats-server/nats-server', root));
}

/** The port in the file that process `pid` wrote into `dir`, or undefined while it is not there or not whole. */
async function readPort(dir: string, pid: number | undefined): Promise<number | undefined> {
  const name = (await readdir(dir)).find((file) => file.endsWith(`_${pid}.ports`));
  if (name === undefined) {
    return undefined;
  }
  const [, port] = /"nats":\s*\[\s*"[^"]*:(\d+)"/.exec(await readFile(join(dir, name), 'utf8')) ?? [];
  return port === undefined ? undefined : Number(port);
}
