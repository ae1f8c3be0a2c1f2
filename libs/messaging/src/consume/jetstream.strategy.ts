import { Inject, Injectable, Optional } from '@nestjs/common';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { consumersOf, Log, type StoredMessage } from '@sentinel-forge/contracts';
import { MeshConnection } from '../connection/mesh-connection.js';
import { DeadLetterWriter } from '../dead-letter/dead-letter-writer.js';
import { MessagingOptions } from '../messaging.options.js';
import { RequestServer } from '../request/request-server.js';
import { ConsumerRuntime, ResumePoint } from './consumer-runtime.js';
import { HandlerTable } from './handlers.js';
import { defaultRetryPolicy } from './settlement.js';
import { jetStreamTransport } from './transport.js';

const drainBudgetMs = 8_000;

/**
 * Nest's way into JetStream: `@OnEvent`, `@OnBatch`, `@OnStreams` and `@OnRequest` methods are served by it. It returns
 * from `listen` at once and keeps trying in the background, so that a service starts, answers `/health` and says what it
 * waits for while NATS or its topology is not there yet.
 */
@Injectable()
export class JetStreamStrategy extends Server implements CustomTransportStrategy {
  override readonly transportId = jetStreamTransport;
  override readonly propagatesEventHandlerErrors = true;
  #runtimes: readonly ConsumerRuntime[] = [];
  #isClosed = false;

  constructor(
    @Inject(MeshConnection) private readonly connection: MeshConnection,
    @Inject(DeadLetterWriter) private readonly deadLetters: DeadLetterWriter,
    @Inject(RequestServer) private readonly requestServer: RequestServer,
    @Inject(MessagingOptions) private readonly options: MessagingOptions,
    @Inject(Log) private readonly log: Log,
    @Optional() @Inject(ResumePoint) private readonly resumePoint?: ResumePoint,
  ) {
    super();
  }

  /** The consumers of this service and whether each is being read. */
  get consumers(): readonly ConsumerRuntime[] {
    return this.#runtimes;
  }

  /** Hands a message of the past to the handler that it belongs to. Throws what decoding or the handler throws. */
  async handleAgain(message: StoredMessage): Promise<void> {
    await this.#handlers().handleSingly(message);
  }

  listen(callback: () => void): void {
    const handlers = this.#handlers();
    this.#runtimes = consumersOf(this.options.app, this.options.host).map(
      (consumer) =>
        new ConsumerRuntime(
          this.connection,
          {
            consumer,
            handlers,
            deadLetters: this.deadLetters,
            retryPolicy: defaultRetryPolicy,
            log: this.log,
            random: Math.random,
          },
          this.resumePoint,
        ),
    );
    for (const runtime of this.#runtimes) {
      void runtime.run();
    }
    void this.requestServer.serve(this.messageHandlers as ReadonlyMap<string, MessageHandler>);
    callback();
  }

  /** Stops pulling, finishes what is in flight within the budget, stops answering requests. */
  async close(): Promise<void> {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    await Promise.all([this.requestServer, ...this.#runtimes].map((part) => part.stop(drainBudgetMs)));
  }

  #handlers(): HandlerTable {
    return new HandlerTable(this.messageHandlers as ReadonlyMap<string, MessageHandler>);
  }

  on(): void {
    throw new TypeError('the JetStream strategy has no events of its own');
  }

  unwrap<T>(): T {
    return this.connection.current as T;
  }
}
