import { RecordReader, type StoredEntry } from '@sentinel-forge/log-indexer';

/** An event as it stands in the record. */
export type RecordedEvent = Extract<StoredEntry['entry'], { readonly kind: 'event' }>;

/** Every event of a record, in its order. */
export async function recordedEvents(directory: string): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const { entry } of new RecordReader(directory).entries()) {
    if (entry.kind === 'event') {
      events.push(entry);
    }
  }
  return events;
}
