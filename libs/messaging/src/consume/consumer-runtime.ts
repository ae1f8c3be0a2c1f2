import { jetstreamManager } from '@nats-io/jetstream';
import { type ConsumerDefinition, messageOf } from '@sentinel-forge/contracts';
import type { MeshConnection } from '../connection/mesh-connection.js';
import { within } from '../deadline/within.js';
import { BatchReader } from './batch-reader.js';
import { MessageReader } from './message-reader.js';
import type { Reader, ReaderContext } from './reader.js';
import { computeBackoffDelayMs } from './settlement.js';

/** Says where a batch reader goes on, when its own record knows better than the server; see {@link ConsumerRuntime}. */
export abstract class ResumePoint {
  /**
   * The last sequence of a stream whose effect is durable, or undefined when nothing is known of it.
   * @param createdAt when the stream was made, as the server says it: one that was made anew counts from 1 again
   */
  abstract lastHandled(stream: string, createdAt: string): number | undefined;
}

/** The state of one consumer, for readiness. */
export interface ConsumerState {
  readonly isReading: boolean;
  readonly reason: string;
}

/** The longest that a timer can wait. */
const foreverMs = 2 ** 31 - 1;
const restart = { maxDeliveries: Number.POSITIVE_INFINITY, baseDelayMs: 50, maxDelayMs: 2_000 };

/** Keeps one durable consumer read: waits for it to exist, reads it, and starts over when it is lost. */
export class ConsumerRuntime {
  #reader: Reader | undefined;
  #state: ConsumerState = { isReading: false, reason: 'not started yet' };
  #isStopped = false;
  readonly #stopped = Promise.withResolvers<void>();
  #attempts = 0;

  constructor(
    private readonly connection: MeshConnection,
    private readonly context: Omit<ReaderContext, 'connection' | 'inboxPrefix'>,
    private readonly resumePoint: ResumePoint | undefined,
  ) {}

  get definition(): ConsumerDefinition {
    return this.context.consumer;
  }

  get state(): ConsumerState {
    return this.#state;
  }

  /** Reads until {@link stop}. Never rejects. */
  async run(): Promise<void> {
    const unsubscribe = this.connection.onReconnect(() => this.#reader?.reconnected());
    while (!this.#isStopped) {
      try {
        const reason = await this.#readOnce();
        this.#note(false, reason);
      } catch (error) {
        this.#note(false, messageOf(error));
      }
      if (!this.#isStopped) {
        this.#attempts += 1;
        await within(this.#stopped.promise, computeBackoffDelayMs(this.#attempts, restart, this.context.random()));
      }
    }
    unsubscribe();
  }

  /** Takes nothing new and finishes what is in flight, within the budget. */
  async stop(budgetMs: number): Promise<void> {
    this.#isStopped = true;
    this.#stopped.resolve();
    await this.#reader?.stop(budgetMs);
  }

  async #readOnce(): Promise<string> {
    const connection = await this.connection.whenConnected();
    const { consumer, log } = this.context;
    const jsm = await jetstreamManager(connection, { checkAPI: false });
    // Asked for first: a server that is told to reset a consumer it does not have never answers.
    await jsm.consumers.info(consumer.stream, consumer.name);
    if (consumer.mode === 'batch') {
      const lastHandled = await this.#lastHandled(jsm);
      await jsm.consumers.reset(
        consumer.stream,
        consumer.name,
        lastHandled === undefined ? undefined : lastHandled + 1,
      );
    }
    if (this.#isStopped) {
      return 'stopped';
    }
    const context = { ...this.context, connection, inboxPrefix: this.connection.inboxPrefix };
    this.#reader = consumer.mode === 'batch' ? new BatchReader(context) : new MessageReader(context);
    this.#note(true, '');
    log.debug('consumer.reading', { stream: consumer.stream, consumer: consumer.name });
    const startedAtMs = performance.now();
    const reason = await Promise.race([this.#reader.lost, this.#stopped.promise.then(() => 'stopped')]);
    if (performance.now() - startedAtMs > restart.maxDelayMs) {
      this.#attempts = 0;
    }
    if (!this.#isStopped) {
      log.warn('consumer.lost', { stream: consumer.stream, consumer: consumer.name, reason });
      // A batch has one reader at any time: its successor waits for it, however long the handler takes.
      await this.#reader.stop(consumer.mode === 'batch' ? foreverMs : restart.maxDelayMs);
    }
    return reason;
  }

  async #lastHandled(jsm: Awaited<ReturnType<typeof jetstreamManager>>): Promise<number | undefined> {
    if (this.resumePoint === undefined) {
      return undefined;
    }
    const { stream } = this.context.consumer;
    const { created } = await jsm.streams.info(stream);
    return this.resumePoint.lastHandled(stream, created);
  }

  #note(isReading: boolean, reason: string): void {
    this.#state = { isReading, reason };
  }
}
