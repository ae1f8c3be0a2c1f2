import type { NatsConnection } from '@nats-io/transport-node';
import type { StoredMessage } from '@sentinel-forge/contracts';
import { rest } from '../deadline/rest.js';
import { inOrderOfTime, PagedQueue } from './merge-pages.js';
import type { StreamCursor } from './stream-cursor.js';

/** What is told. */
export interface TellOptions {
  /** The subjects under which new messages are heard: those that the cursors read. */
  readonly filters: readonly string[];
  /** Ends it. */
  readonly signal: AbortSignal;
  /** false: end after what is there. */
  readonly isLive: boolean;
}

const heartbeatMs = 2_000;
const echoesMs = [25, 100, 400];
const retryPauseMs = 500;

/**
 * Tells what the cursors read, merged in the order of time, and what comes afterwards. A message that is heard only wakes the
 * reader, which reads the stream: so nothing is told twice, nothing is missed, and the server needs to hold no consumer.
 */
export async function* tell(
  connection: NatsConnection,
  cursors: readonly StreamCursor[],
  { filters, signal, isLive }: TellOptions,
): AsyncGenerator<StoredMessage> {
  const queues = cursors.map((cursor) => new PagedQueue(cursor));
  const bell = new Bell();
  const ring = (): void => bell.ring();
  const ended = Promise.withResolvers<void>();
  const end = (): void => ended.resolve();
  const echo = new Echo(ring);
  const hear = (): void => {
    ring();
    echo.start();
  };
  const subscriptions = isLive ? filters.map((filter) => connection.subscribe(filter, { callback: hear })) : [];
  signal.addEventListener('abort', end, { once: true });
  // A subscription that broke silently costs seconds of delay, not the event.
  const heartbeat = setInterval(ring, heartbeatMs);
  try {
    while (!signal.aborted) {
      const rung = bell.next();
      try {
        await Promise.race([Promise.all(queues.map((queue) => queue.fill())), ended.promise]);
      } catch (error) {
        if (!isLive || connection.isClosed()) {
          throw error;
        }
        await rest(retryPauseMs, signal); // aborted: the loop sees it
        continue;
      }
      if (queues.every(({ isEmpty }) => isEmpty)) {
        if (!isLive) {
          return;
        }
        await Promise.race([rung, ended.promise]);
      }
      yield* inOrderOfTime(queues);
    }
  } finally {
    signal.removeEventListener('abort', end);
    for (const subscription of subscriptions) {
      subscription.unsubscribe();
    }
    clearInterval(heartbeat);
    echo.stop();
  }
}

/** A bell that may ring before anybody waits for it. */
class Bell {
  #next = Promise.withResolvers<void>();

  /** Resolves at the next ring after this call. */
  next(): Promise<void> {
    this.#next = Promise.withResolvers<void>();
    return this.#next.promise;
  }

  ring(): void {
    this.#next.resolve();
  }
}

/** A message can be heard before the stream holds it: after the last one heard there are a few more looks, ever later. */
class Echo {
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly ring: () => void) {}

  start(): void {
    clearTimeout(this.#timer);
    this.#schedule(0);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #schedule(index: number): void {
    const delayMs = echoesMs[index];
    if (delayMs !== undefined) {
      this.#timer = setTimeout(() => {
        this.ring();
        this.#schedule(index + 1);
      }, delayMs);
    }
  }
}
