import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A real HTTP proxy on a free port that opens tunnels (`CONNECT`) to what is on its list, and records what was asked for. */
export class ConnectProxy implements AsyncDisposable {
  /** What tunnels were asked for, as `host:port`. */
  readonly asked: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  readonly #routes: ReadonlyMap<string, number>;

  private constructor(server: Server, routes: ReadonlyMap<string, number>) {
    this.#server = server;
    this.#routes = routes;
  }

  /** @param routes what is on the list, as `host:port`, and the port of this machine that it stands for */
  static async start(routes: Readonly<Record<string, number>>): Promise<ConnectProxy> {
    const server = createServer((_request, response) => response.writeHead(405).end());
    const proxy = new ConnectProxy(server, new Map(Object.entries(routes)));
    server.on('connect', (request, client) => proxy.#serve(request, client));
    server.on('connection', (socket) => proxy.#keep(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    if (this.#server.listening) {
      await once(this.#server, 'close');
    }
  }

  #serve({ url: authority = '' }: IncomingMessage, client: Duplex): void {
    this.asked.push(authority);
    const port = this.#routes.get(authority);
    if (port === undefined) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const target = this.#keep(connect(port, '127.0.0.1'));
    target.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(target).pipe(client);
    });
    target.once('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    client.once('error', () => target.destroy());
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }
}
