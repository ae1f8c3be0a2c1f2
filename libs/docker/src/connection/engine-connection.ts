import { Agent } from 'node:http';
import type { Readable } from 'node:stream';
import { ForgeError } from '@sentinel-forge/contracts';
import Docker from 'dockerode';
import { parseDockerHost } from './docker-host.js';
import { type EngineCall, toEngineError } from './engine-error.js';

/** How long a call may take, and what ends it before. */
export interface CallLimits {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** One call to the engine: what it is, its limits, and the call itself. */
export interface LimitedCall<T> extends EngineCall, CallLimits {
  readonly run: (docker: Docker, abortSignal: AbortSignal) => Promise<T>;
}

/** What docker-modem is told of a request. */
interface EngineRequest {
  readonly path: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly isStream?: boolean;
}

/**
 * The only place that holds dockerode. Every call has a deadline and fails with a ForgeError of the FORGE_DOCKER family.
 *
 * There is no connection to lose: each call opens its own socket (connections kept alive would break on the first call
 * after an engine restart), so the engine may come and go as it likes.
 */
export class EngineConnection {
  readonly #docker: Docker;
  readonly #timeoutMs: number;

  constructor(dockerHost: string, timeoutMs: number) {
    const address = parseDockerHost(dockerHost);
    // docker-modem reads DOCKER_HOST by itself and mixes it in: what is not set here has to be unset explicitly.
    const destination =
      address.kind === 'unix'
        ? { socketPath: address.socketPath, host: undefined }
        : { host: address.host, port: address.port };
    const options = { ...destination, protocol: 'http', agent: new Agent({ keepAlive: false }) } as const;
    this.#docker = new Docker(options);
    this.#timeoutMs = timeoutMs;
  }

  async call<T>(call: LimitedCall<T>): Promise<T> {
    const { run, signal, timeoutMs = this.#timeoutMs, ...asked } = call;
    const abort = new AbortController();
    const ended = Promise.withResolvers<never>();
    // The deadline is raced, not only signalled: an answer that is cut off in its middle never settles docker-modem's
    // promise, and not every call of dockerode takes a signal.
    const end = (reason: string): void => {
      const message = `${asked.operation}: ${reason}`;
      ended.reject(new ForgeError('FORGE_DOCKER_TIMEOUT', message, { details: { ...asked, timeoutMs } }));
      abort.abort();
    };
    const timer = setTimeout(end, timeoutMs, `no answer from the engine within ${timeoutMs} ms`);
    const cancel = (): void => end('cancelled');
    signal?.addEventListener('abort', cancel);
    try {
      return await Promise.race([run(this.#docker, abort.signal), ended.promise]);
    } catch (error) {
      throw toEngineError(error, asked);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** A GET for what dockerode asks without an abort signal. The shape of the answer is the engine's promise. */
  json<T>(call: EngineCall & CallLimits, path: string): Promise<T> {
    return this.#get(call, { path });
  }

  /** A GET for what dockerode would hold in memory as a whole. The deadline covers the start of the answer. */
  stream(call: EngineCall & CallLimits, path: string, query: Readonly<Record<string, string>>): Promise<Readable> {
    return this.#get(call, { path: `${path}?`, options: query, isStream: true });
  }

  #get<T>(call: EngineCall & CallLimits, request: EngineRequest): Promise<T> {
    return this.call({
      ...call,
      run: (docker, abortSignal) =>
        new Promise<T>((resolve, reject) => {
          docker.modem.dial(
            { ...request, method: 'GET', statusCodes: { 200: true }, abortSignal },
            (error: unknown, answer: unknown) => (error ? reject(error) : resolve(answer as T)),
          );
        }),
    });
  }
}
