import { decodeEvent, type ForgeEvent } from '@sentinel-forge/contracts';
import { type connectClient, followStreams } from '@sentinel-forge/messaging';

type NatsConnection = Awaited<ReturnType<typeof connectClient>>;

/** Every event that the streams hold now on a subject filter, in the order of the streams. */
export async function storedEvents(connection: NatsConnection, filter: string): Promise<readonly ForgeEvent[]> {
  const events: ForgeEvent[] = [];
  const messages = await followStreams(connection, {
    filters: [filter],
    start: { kind: 'sequence', sequence: 1 },
    signal: new AbortController().signal,
    isLive: false,
  });
  for await (const message of messages) {
    events.push(decodeEvent(message));
  }
  return events;
}
