import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { ForgeError, isUnderFilter, type StoredMessage, streamNames, streams } from '@sentinel-forge/contracts';
import { StreamCursor, type StartPoint } from './stream-cursor.js';

/** What is followed, from where on. */
export interface FollowOptions {
  /** Subjects as NATS writes them: `defend.>`, `mitigation.*.requested.*`. */
  readonly filters: readonly string[];
  readonly start: StartPoint;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** false: end after what is there. true when not given. */
  readonly isLive?: boolean;
}

/**
 * Follows subjects across streams: first what is there from the start point on, in the order of time, then what comes, as
 * it comes. Nothing is missed between the two, and nothing is told twice: a message that arrives only wakes the reader,
 * which reads the stream.
 *
 * @throws ForgeError `FORGE_EVENT_UNKNOWN` for a filter that no stream can hold
 */
export async function* followStreams(connection: NatsConnection, options: FollowOptions): AsyncGenerator<StoredMessage> {
  const { filters, start, signal, isLive = true } = options;
  const jsm = await jetstreamManager(connection, { checkAPI: false });
  const wake = new WakeUp();
  const subscriptions = isLive ? filters.map((filter) => connection.subscribe(filter, { callback: () => wake.ring() })) : [];
  signal.addEventListener('abort', () => wake.ring(), { once: true });
  // A subscription that broke silently costs seconds of delay, not the event.
  const heartbeat = setInterval(() => wake.ring(), 2_000);
  try {
    const cursors = await Promise.all(
      filters.flatMap((filter) => streamsOf(filter).map((stream) => StreamCursor.open(jsm, stream, filter, start))),
    );
    while (!signal.aborted) {
      const waiting = wake.next();
      const pages = await Promise.all(cursors.map((cursor) => cursor.nextPage()));
      const messages = pages.flat().sort((one, other) => one.storedAtMs - other.storedAtMs || one.sequence - other.sequence);
      for (const message of messages) {
        yield message;
      }
      if (messages.length === 0) {
        if (!isLive) {
          return;
        }
        await waiting;
      }
    }
  } finally {
    clearInterval(heartbeat);
    for (const subscription of subscriptions) {
      subscription.unsubscribe();
    }
  }
}

/** The streams whose subjects a filter can meet. */
function streamsOf(filter: string): readonly string[] {
  const first = filter.split('.')[0] ?? '';
  const found = streamNames.filter((name) =>
    streams[name].subjects.some((subject) => first === '*' || first === '>' || isUnderFilter(`${first}.x`, subject)),
  );
  if (found.length === 0) {
    const known = streamNames.flatMap((name) => streams[name].subjects).join(', ');
    throw new ForgeError('FORGE_EVENT_UNKNOWN', `No stream holds "${filter}"; there are ${known}`);
  }
  return found;
}

/** A bell that may ring before anybody waits for it. */
class WakeUp {
  #bell = Promise.withResolvers<void>();

  /** Resolves at the next ring after this call. */
  next(): Promise<void> {
    this.#bell = Promise.withResolvers<void>();
    return this.#bell.promise;
  }

  ring(): void {
    this.#bell.resolve();
  }
}
