import { type Service, type ServiceMsg, Svcm } from '@nats-io/services';
import { Inject, Injectable } from '@nestjs/common';
import type { MessageHandler } from '@nestjs/microservices';
import {
  apps,
  type ErrorCode,
  errorCatalogue,
  ForgeError,
  isAppName,
  Log,
  messageOf,
  newTrace,
  parseTraceparent,
  type RequestDefinition,
  requestSubject,
} from '@sentinel-forge/contracts';
import { isObservable, lastValueFrom } from 'rxjs';
import { MeshConnection } from '../connection/mesh-connection.js';
import { within } from '../deadline/within.js';
import { MessagingOptions } from '../messaging.options.js';
import { randomHex, runInTrace } from '../trace/current-trace.js';
import { RequestContext } from './request-context.js';

const maxConcurrent = 64;

/**
 * Answers `forge.rpc.<app>.<verb>` as a NATS micro service, so that `nats micro` tools discover every app, count its
 * requests and measure them. An answer is JSON; a refusal carries the error's code and message.
 */
@Injectable()
export class RequestServer {
  #service: Service | undefined;
  #isStopped = false;
  readonly #running = new Set<Promise<void>>();

  constructor(
    @Inject(MeshConnection) private readonly connection: MeshConnection,
    @Inject(MessagingOptions) private readonly options: MessagingOptions,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** Registers the service as soon as there is a connection. Never rejects. */
  async serve(handlers: ReadonlyMap<string, MessageHandler>): Promise<void> {
    try {
      const connection = await this.connection.whenConnected();
      if (this.#isStopped) {
        return;
      }
      const { app, version, host } = this.options;
      const service = await new Svcm(connection).add({
        name: app,
        version,
        description: isAppName(app) ? apps[app].summary : app,
        metadata: { host },
      });
      this.#service = service;
      for (const [verb, handler] of handlers) {
        const definition = (handler.extras as { definition?: RequestDefinition } | undefined)?.definition;
        if (definition !== undefined) {
          service.addEndpoint(verb, {
            subject: requestSubject(definition, app, app === 'supervisor' ? host : undefined),
            handler: (error, message) => this.#accept(definition, handler, error, message),
          });
        }
      }
    } catch (error) {
      if (!this.connection.closed.aborted) {
        this.log.error('requests.not-served', { error });
      }
    }
  }

  /** Answers what was asked already, within the budget, then stops. */
  async stop(budgetMs: number): Promise<void> {
    this.#isStopped = true;
    await within(Promise.allSettled(this.#running), budgetMs);
    await this.#service?.stop();
  }

  #accept(definition: RequestDefinition, handler: MessageHandler, error: Error | null, message: ServiceMsg): void {
    if (error !== null) {
      this.log.error('request.failed', { verb: definition.verb, error });
      return;
    }
    if (this.#running.size >= maxConcurrent) {
      this.#refuse(
        message,
        new ForgeError('FORGE_HTTP_RATE_LIMITED', `${maxConcurrent} requests are being answered already`),
      );
      return;
    }
    const run = this.#answer(definition, handler, message).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  async #answer(definition: RequestDefinition, handler: MessageHandler, message: ServiceMsg): Promise<void> {
    const traceparent = message.headers?.get('traceparent');
    const trace = newTrace(randomHex, parseTraceparent(traceparent)?.traceId);
    try {
      const body = parseBody(message);
      const context = new RequestContext(message.subject, message.headers?.get('authorization') ?? '');
      const answer = await runInTrace(trace, async () => {
        const result: unknown = await handler(body, context);
        return isObservable(result) ? lastValueFrom(result) : result;
      });
      message.respond(this.#encode(answer ?? {}));
    } catch (error) {
      if (!(error instanceof ForgeError)) {
        this.log.error('request.failed', { verb: definition.verb, trace: trace.traceId, error });
      }
      this.#refuse(message, error);
    }
  }

  #encode(answer: unknown): Uint8Array {
    const bytes = Buffer.from(JSON.stringify(answer));
    const most = this.connection.current.info?.max_payload ?? Number.POSITIVE_INFINITY;
    if (bytes.byteLength > most) {
      const reason = `the answer has ${bytes.byteLength} bytes, and NATS carries ${most}: ask for less at once (\`limit\`)`;
      throw new ForgeError('FORGE_EVENT_TOO_LARGE', reason);
    }
    return bytes;
  }

  #refuse(message: ServiceMsg, error: unknown): void {
    const code: ErrorCode = error instanceof ForgeError ? error.code : 'FORGE_INTERNAL';
    const text = error instanceof ForgeError ? messageOf(error) : errorCatalogue.FORGE_INTERNAL.title;
    message.respondError(errorCatalogue[code].status, text, JSON.stringify({ code, message: text }));
  }
}

function parseBody(message: ServiceMsg): unknown {
  if (message.data.byteLength === 0) {
    return {};
  }
  try {
    return message.json();
  } catch (error) {
    throw new ForgeError('FORGE_HTTP_BODY_INVALID', 'the body is not JSON', { cause: error });
  }
}
