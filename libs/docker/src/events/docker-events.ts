import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ForgeError } from '@sentinel-forge/contracts';
import type { EngineConnection } from '../connection/engine-connection.js';
import { toEngineError } from '../connection/engine-error.js';
import { containerActions, type DockerEvent, networkActions } from './docker-event.js';
import { EventLines } from './event-lines.js';
import { EventQueue } from './event-queue.js';
import { RecentEvents } from './recent-events.js';
import { computeReconnectDelayMs } from './reconnect-delay.js';

/** How to follow the engine's events. */
export interface DockerEventsOptions {
  /** Events to hold for a slow consumer before they become one resync; default 4096. */
  readonly queueLimit?: number;
  /** From 0 up to, not including, 1: the jitter between connection attempts. */
  readonly random?: () => number;
}

const defaultQueueLimit = 4_096;
/** The engine keeps, and so repeats, at most 256. */
const rememberedEvents = 1_024;
/** Events are stamped before they are queued in the engine, so that they can come slightly out of order. */
const overlapMs = 1_000;
/** A connection that held this long was a good one: the next failure starts again with short delays. */
const stableAfterMs = 10_000;
const tcpKeepAliveMs = 15_000;

/**
 * The engine's events, for ever: reconnects by itself, asks for what was missed, tells nothing twice, and says `resync`
 * whenever something may have been missed all the same. For **one** consumer, whose leaving closes:
 *
 * ```ts
 * for await (const event of engine.events()) { … }
 * ```
 *
 * The stream is read as fast as it comes, however slow the consumer is. Back-pressure would be no kindness: an engine
 * that cannot write waits 100 ms per event, for everybody, and then drops it without a word.
 */
export class DockerEvents implements AsyncIterable<DockerEvent>, AsyncDisposable {
  readonly #engine: EngineConnection;
  readonly #queue: EventQueue;
  readonly #recent = new RecentEvents(rememberedEvents);
  readonly #random: () => number;
  readonly #closing = new AbortController();
  readonly #ended: Promise<void>;
  #isConnected = false;
  /** By the engine's clock; undefined before the first connection. */
  #heardUntilMs: number | undefined;

  constructor(engine: EngineConnection, options: DockerEventsOptions = {}) {
    this.#engine = engine;
    this.#queue = new EventQueue(options.queueLimit ?? defaultQueueLimit);
    this.#random = options.random ?? Math.random;
    this.#ended = this.#follow();
  }

  /** Whether events are being heard at this moment. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<DockerEvent, void> {
    try {
      for (let event = await this.#queue.next(); event !== undefined; event = await this.#queue.next()) {
        yield event;
      }
    } finally {
      await this.close();
    }
  }

  /** Ends the iteration and the connection. Events that were not taken are dropped. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#queue.close();
    await this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    let failures = 0;
    let isOutageTold = false;
    let hasBeenConnected = false;
    while (!signal.aborted) {
      let connectedAtMs: number | undefined;
      try {
        const stream = await this.#open();
        connectedAtMs = performance.now();
        isOutageTold = false;
        this.#queue.push({ kind: 'resync', reason: hasBeenConnected ? 'reconnected' : 'connected' });
        hasBeenConnected = true;
        await this.#read(stream);
      } catch (error) {
        if (!isOutageTold && !signal.aborted) {
          isOutageTold = true;
          this.#queue.push({ kind: 'disconnected', error: toEngineError(error, followEvents) });
        }
      }
      const wasStable = connectedAtMs !== undefined && performance.now() - connectedAtMs >= stableAfterMs;
      const delayMs = computeReconnectDelayMs(wasStable ? 0 : failures, this.#random());
      failures = wasStable ? 0 : failures + 1;
      await delay(delayMs, undefined, { signal }).catch(endsWhenClosed);
    }
  }

  async #open(): Promise<Readable> {
    const heardUntilMs = this.#heardUntilMs;
    const call = { ...followEvents, signal: this.#closing.signal };
    const stream = await this.#engine.stream(call, '/events', {
      // Filtered by the engine: the exec_* of health checks would otherwise be most of what comes.
      filters: JSON.stringify({ type: ['container', 'network'], event: [...containerActions, ...networkActions] }),
      ...(heardUntilMs === undefined ? {} : { since: ((heardUntilMs - overlapMs) / 1_000).toFixed(6) }),
    });
    const { socket, headers } = stream as IncomingMessage;
    socket.setKeepAlive(true, tcpKeepAliveMs);
    // The engine's clock, not ours: from here on it can be asked for what was missed, even before the first event.
    this.#heardUntilMs ??= Date.parse(headers.date ?? '') || undefined;
    return stream;
  }

  /** Reads until the engine, or `close`, ends the stream; always by throwing, for a stream of events has no end. */
  async #read(stream: Readable): Promise<never> {
    const end = (): void => void stream.destroy();
    this.#closing.signal.addEventListener('abort', end);
    const lines = new EventLines();
    stream.setEncoding('utf8');
    this.#isConnected = true;
    try {
      if (this.#closing.signal.aborted) {
        end();
      }
      for await (const text of stream as AsyncIterable<string>) {
        for (const event of lines.push(text)) {
          if (this.#recent.isNew(event)) {
            this.#heardUntilMs = Math.max(this.#heardUntilMs ?? 0, event.timeMs);
            this.#queue.push(event);
          }
        }
      }
    } finally {
      this.#isConnected = false;
      this.#closing.signal.removeEventListener('abort', end);
    }
    throw new ForgeError('FORGE_DOCKER_UNAVAILABLE', 'the engine ended its stream of events', {
      details: followEvents,
    });
  }
}

const followEvents = { operation: 'follow events' };

function endsWhenClosed(): void {
  // The wait is cut short by close(); the loop sees it.
}
