import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A socket in front of the real engine's that can be cut, frozen and mended: what an engine that restarts, hangs or is
 * not there yet looks like to its clients, without doing that to the engine.
 */
export class EngineProxy implements AsyncDisposable {
  /** For clients, as in DOCKER_HOST. */
  readonly dockerHost: string;
  /** The first line of every request so far, such as `POST /containers/web/restart?t=10`; one per connection. */
  readonly requests: string[] = [];
  /** When each of them came, in milliseconds since 1970, with fractions. */
  readonly requestTimesMs: number[] = [];
  readonly #directory: string;
  readonly #path: string;
  readonly #sockets = new Set<Socket>();
  readonly #engine = engineAddress();
  #server: Server | undefined;
  #isFrozen = false;

  private constructor(directory: string) {
    this.#directory = directory;
    this.#path = join(directory, 'docker.sock');
    this.dockerHost = `unix://${this.#path}`;
  }

  /** Open, unless it should begin as an engine that is not there. */
  static async start(options: { readonly isOpen?: boolean } = {}): Promise<EngineProxy> {
    const proxy = new EngineProxy(await mkdtemp(join(tmpdir(), 'forge-engine-')));
    if (options.isOpen !== false) {
      await proxy.mend();
    }
    return proxy;
  }

  /** The socket is gone, and every connection with it. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    if (server !== undefined) {
      await new Promise((resolve) => {
        server.close(resolve);
      });
    }
  }

  /** From now on answers stop coming, in their middle too. Connections stay open; new ones are accepted. */
  freeze(): void {
    this.#isFrozen = true;
  }

  /** Listens again. What was open before is cut: after a freeze its answers have holes. */
  async mend(): Promise<void> {
    await this.cut();
    this.#isFrozen = false;
    const server = createServer((client) => this.#serve(client));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.#path, resolve);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #serve(client: Socket): void {
    const engine = connect(this.#engine);
    for (const socket of [client, engine]) {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    }
    client.once('data', (head) => {
      this.requests.push(requestLineOf(head));
      this.requestTimesMs.push(performance.timeOrigin + performance.now());
    });
    client.pipe(engine);
    client.on('close', () => engine.destroy());
    engine.on('data', (bytes) => this.#isFrozen || client.write(bytes));
    engine.on('close', () => this.#isFrozen || client.end());
  }
}

function requestLineOf(head: Buffer | string): string {
  return (head.toString().split('\r\n', 1)[0] ?? '').replace(/ HTTP\/1\.\d$/, '');
}

function engineAddress(): NetConnectOpts {
  const host = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
  if (host.startsWith('unix://')) {
    return { path: host.slice('unix://'.length) };
  }
  const { hostname, port } = new URL(host);
  return { host: hostname, port: Number(port || 2375) };
}
