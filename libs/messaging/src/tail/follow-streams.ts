import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import {
  ForgeError,
  isUnderFilter,
  type StoredMessage,
  type StreamName,
  streamNames,
  streams,
} from '@sentinel-forge/contracts';
import { type StartPoint, StreamCursor } from './stream-cursor.js';
import { tell } from './tell.js';

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

/** What is told, once: it can be read through a single time. */
export interface StreamFollower extends AsyncIterable<StoredMessage> {
  /** Of each followed stream the sequence after which telling begins. */
  readonly after: ReadonlyMap<string, number>;
}

/**
 * Follows subjects across streams: first what is there from the start point on, in the order of time, then what comes, as
 * it comes. Nothing is missed between the two, and nothing is told twice: a message that arrives only wakes the reader,
 * which reads the stream. While it is live it outlasts a server that goes away and comes back.
 *
 * It resolves as soon as the start point is fixed: whatever a stream stores after that is told, however late the first
 * message is asked for.
 *
 * @throws ForgeError `FORGE_EVENT_UNKNOWN` for a filter that no stream can hold
 */
export async function followStreams(connection: NatsConnection, options: FollowOptions): Promise<StreamFollower> {
  const followed = [...filtersByStream(options.filters)];
  const jsm = await jetstreamManager(connection, { checkAPI: false });
  const cursors = await Promise.all(
    followed.map(([stream, wanted]) => StreamCursor.open(jsm, stream, wanted, options.start)),
  );
  return {
    after: new Map(cursors.map(({ stream, after }) => [stream, after])),
    [Symbol.asyncIterator]: () => tell(connection, cursors, { ...options, isLive: options.isLive ?? true }),
  };
}

/** The streams that the filters can meet, each with those of them that meet it. */
function filtersByStream(filters: readonly string[]): ReadonlyMap<StreamName, readonly string[]> {
  const found = new Map<StreamName, readonly string[]>();
  for (const filter of filters) {
    for (const stream of streamsOf(filter)) {
      found.set(stream, [...(found.get(stream) ?? []), filter]);
    }
  }
  return found;
}

/** At least two words parted by dots, `*` for any one, a last `>` for any rest: what NATS takes and a stream can hold. */
const filterPattern = /^(?:>|(?:(?:[^\s\p{Cc}.*>]+|\*)\.)+(?:[^\s\p{Cc}.*>]+|\*|>))$/u;

function streamsOf(filter: string): readonly StreamName[] {
  const first = filter.split('.')[0] ?? '';
  const found = streamNames.filter(
    (name) =>
      filterPattern.test(filter) &&
      streams[name].subjects.some((subject) => first === '*' || first === '>' || isUnderFilter(`${first}.x`, subject)),
  );
  if (found.length === 0) {
    const known = streamNames.flatMap((name) => streams[name].subjects).join(', ');
    throw new ForgeError('FORGE_EVENT_UNKNOWN', `No stream holds "${filter}"; there are ${known}`);
  }
  return found;
}
