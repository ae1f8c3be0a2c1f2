import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Arrivals } from '../arrivals.js';

/** One request as it came in. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the server answers; `hang` never answers at all. */
export interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly hang?: boolean;
}

/** A real HTTP server on a free port that records every request, answers as told, and can be away for a while. */
export class HttpTestServer implements AsyncDisposable {
  readonly #arrivals = new Arrivals<ReceivedRequest>();
  readonly #script: ScriptedAnswer[] = [];
  #usual: ScriptedAnswer = { status: 200 };
  readonly #host: string;
  #server: Server | undefined;
  #port = 0;

  private constructor(host: string) {
    this.#host = host;
  }

  /** On the loopback, unless told another address of this machine. */
  static async start(options: { readonly host?: string } = {}): Promise<HttpTestServer> {
    const server = new HttpTestServer(options.host ?? '127.0.0.1');
    await server.restart();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get requests(): readonly ReceivedRequest[] {
    return this.#arrivals.all;
  }

  /** The next requests get these answers, one each; those after them the usual one. */
  answerNext(...answers: readonly ScriptedAnswer[]): void {
    this.#script.push(...answers);
  }

  /** What every request gets that no scripted answer is left for. */
  answerUsually(answer: ScriptedAnswer): void {
    this.#usual = answer;
  }

  /** Resolves when at least so many requests are in. */
  untilRequests(count: number, deadlineMs?: number): Promise<readonly ReceivedRequest[]> {
    return this.#arrivals.until((all) => all.length >= count, `${count} requests`, deadlineMs);
  }

  /** Goes away at once: connections are cut, later ones refused. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    }
  }

  /** Comes back on the same port, with what it knew. */
  async restart(): Promise<void> {
    await this.stop();
    const server = createServer((request, response) => void this.#answer(request, response));
    server.listen(this.#port, this.#host);
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request).catch(() => undefined);
    if (body === undefined) {
      return; // cut off before it was whole: not a request
    }
    const answer = this.#script.shift() ?? this.#usual;
    this.#arrivals.add({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body });
    if (answer.hang !== true) {
      response.writeHead(answer.status, answer.headers).end(answer.body);
    }
  }
}
