import type { ChannelName } from '@sentinel-forge/contracts';
import type { Channel, SendOutcome } from '../channels/channel.port.js';
import { maxRetryAfterMs } from '../channels/retry-after.js';
import type { DigestPolicy } from '../digest/admission.service.js';
import { closeDigests } from '../digest/digest.store.js';
import type { BreakerPolicy } from './breaker.service.js';
import { Breakers, type CircuitChange } from './breakers.js';
import type { DueDelivery } from './delivery.js';
import type { OutboxDatabase } from './outbox.database.js';
import { OutboxStore } from './outbox.store.js';
import { nextStep, type RetryPolicy } from './schedule.service.js';

/** What the dispatcher works with. Time and chance are passed in. */
export interface DispatcherOptions {
  readonly database: OutboxDatabase;
  readonly channels: ReadonlyMap<ChannelName, Channel>;
  readonly retry: RetryPolicy;
  readonly breaker: BreakerPolicy;
  readonly digest: DigestPolicy;
  /** No try may take longer, whatever a channel does. */
  readonly sendTimeoutMs: number;
  readonly now: () => number;
  readonly random: () => number;
  /** A circuit opened or works again. */
  readonly onCircuit?: (change: CircuitChange) => void;
  /** A message came to its end. */
  readonly onSettled?: (channel: ChannelName, state: 'delivered' | 'failed') => void;
  /** What nobody else would hear of, such as a disk that is full. */
  readonly onError?: (error: unknown) => void;
}

/** How often {@link OutboxDispatcher.start} looks without being woken: retries and digests are late by at most this. */
const heartbeatMs = 250;

/**
 * Sends what is in the outbox. Every state is on disk before the step that depends on it: killed at any moment, the next one
 * that starts on the file goes on, with the same ids. One file has one dispatcher.
 */
export class OutboxDispatcher {
  readonly #options: DispatcherOptions;
  readonly #store: OutboxStore;
  readonly #breakers: Breakers;
  /** The tries under way on each channel, by the id of their delivery. */
  readonly #inFlight = new Map<ChannelName, Map<string, Promise<void>>>();
  readonly #shutdown = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;
  #isWoken = false;
  #hasUnsettled = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#store = new OutboxStore(options.database);
    this.#store.recover(options.now());
    this.#store.recallClock(options.now(), {
      retry: options.retry.maxDelayMs,
      retryAfter: maxRetryAfterMs,
      hold: Math.max(options.digest.repeatWindowMs, options.digest.digestAfterMs),
    });
    this.#breakers = new Breakers(options.breaker, options.random, this.#store.breakers(), options.now());
  }

  /** The circuits that are out of order. */
  get openCircuits(): readonly string[] {
    return this.#breakers.open;
  }

  /**
   * One step: makes the digests that are due and begins every try that is due and allowed. Does not wait for the tries, so that
   * a slow channel holds up no other. Returns how many began.
   */
  tick(): number {
    const nowMs = this.#options.now();
    this.#recoverUnsettled(nowMs);
    closeDigests(this.#options.database, this.#options.digest, nowMs);
    for (const circuit of this.#breakers.awaitingProbe(nowMs)) {
      this.#store.hasten(circuit, 1, nowMs);
    }
    let started = 0;
    for (const [name, channel] of this.#options.channels) {
      started += this.#fill(name, channel, nowMs);
    }
    return started;
  }

  /** Resolves when no try is under way. */
  async idle(): Promise<void> {
    while (this.#tries().length > 0) {
      await Promise.all(this.#tries());
    }
  }

  /** Works by itself from now on, and at once when {@link wake} says that something came in. */
  start(): void {
    this.#isRunning = true;
    this.wake();
  }

  /** Something may be due. */
  wake(): void {
    if (this.#isRunning && !this.#isWoken) {
      this.#isWoken = true;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#beat(), 0);
    }
  }

  /** Begins nothing more, waits for what is under way, then cuts it off: it will be tried again by the next one. */
  async stop(budgetMs: number): Promise<void> {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    const cutOff = setTimeout(() => this.#shutdown.abort(), budgetMs);
    await this.idle();
    clearTimeout(cutOff);
  }

  #beat(): void {
    this.#isWoken = false;
    try {
      this.tick();
    } catch (error) {
      this.#options.onError?.(error);
    }
    if (this.#isRunning && !this.#isWoken) {
      this.#timer = setTimeout(() => this.#beat(), heartbeatMs);
    }
  }

  /** Where the disk refused an outcome, nobody knows it: the delivery is tried again, which its id makes harmless. */
  #recoverUnsettled(nowMs: number): void {
    if (this.#hasUnsettled) {
      this.#store.recover(
        nowMs,
        [...this.#inFlight.values()].flatMap((tries) => [...tries.keys()]),
      );
      this.#hasUnsettled = false;
    }
  }

  #fill(name: ChannelName, channel: Channel, nowMs: number): number {
    const tries = this.#inFlight.get(name) ?? new Map<string, Promise<void>>();
    this.#inFlight.set(name, tries);
    let started = 0;
    // A circuit that is probed takes one delivery only; the rest of its due ones must not take the others' places.
    while (tries.size < channel.concurrency) {
      const free = channel.concurrency - tries.size;
      const due = this.#store.due(name, this.#breakers.blocked(nowMs), free, nowMs);
      const allowed = due.filter(({ circuit }) => this.#breakers.tryStart(circuit, nowMs));
      if (allowed.length === 0) {
        break;
      }
      this.#markSending(allowed, nowMs);
      for (const delivery of allowed) {
        const attempt = this.#try(channel, delivery).finally(() => tries.delete(delivery.id));
        tries.set(delivery.id, attempt);
      }
      started += allowed.length;
    }
    return started;
  }

  #markSending(deliveries: readonly DueDelivery[], nowMs: number): void {
    try {
      this.#store.markSending(deliveries.map(({ id }) => id));
    } catch (error) {
      for (const { circuit } of deliveries) {
        this.#breakers.giveBack(circuit, nowMs);
      }
      throw error;
    }
  }

  async #try(channel: Channel, delivery: DueDelivery): Promise<void> {
    const outcome = await this.#send(channel, delivery);
    if (this.#shutdown.signal.aborted && outcome.kind === 'transient') {
      return; // It stays "sending" in the file, which means "again, at once" to the next one.
    }
    try {
      this.#settle(delivery, outcome);
    } catch (error) {
      this.#hasUnsettled = true;
      this.#options.onError?.(error);
    }
    this.wake();
  }

  async #send(channel: Channel, { message, address }: DueDelivery): Promise<SendOutcome> {
    const signal = AbortSignal.any([this.#shutdown.signal, AbortSignal.timeout(this.#options.sendTimeoutMs)]);
    const cutOff = Promise.withResolvers<SendOutcome>();
    const giveUp = (): void => cutOff.resolve({ kind: 'transient', fault: 'endpoint', reason: 'no answer in time' });
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([channel.send(message, address, signal), cutOff.promise]);
    } catch {
      // A channel must not throw; what it would say may hold anything, so that it is not kept.
      return { kind: 'transient', fault: 'message', reason: 'the channel failed unexpectedly' };
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  #settle({ id, channel, circuit, attempts, queuedAtMs }: DueDelivery, outcome: SendOutcome): void {
    const { retry, now, random, onCircuit, onSettled } = this.#options;
    const nowMs = now();
    const isFault = outcome.kind === 'transient' && outcome.fault === 'endpoint';
    const change = this.#breakers.record(circuit, isFault, outcome.reason, nowMs);
    const step = nextStep({ attempts: attempts + 1, queuedAtMs }, outcome, retry, nowMs, random());
    this.#store.settle(id, step, circuit, this.#breakers.stateOf(circuit), nowMs);
    if (change !== undefined) {
      if (!change.isOpen) {
        this.#store.hasten(circuit, Number.MAX_SAFE_INTEGER, nowMs);
      }
      onCircuit?.(change);
    }
    if (step.kind !== 'retry') {
      onSettled?.(channel, step.kind);
    }
  }

  #tries(): readonly Promise<void>[] {
    return [...this.#inFlight.values()].flatMap((tries) => [...tries.values()]);
  }
}
