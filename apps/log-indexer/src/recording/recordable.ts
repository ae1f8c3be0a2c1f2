import { type Redactor, withoutEnclosedSecrets } from '@sentinel-forge/chassis';
import { outlineOf, type StoredMessage } from '@sentinel-forge/contracts';
import type { RecordableEvent } from '../record/event-encoding.js';

/**
 * A message of a stream as the record takes it.
 * @param born when the stream was created
 */
export function toRecordable(message: StoredMessage, born: string, redactor: Pick<Redactor, 'json'>): RecordableEvent {
  const { id, source, timeMs, traceId } = outlineOf(message);
  const { stream, sequence, subject } = message;
  const { payload } = withoutEnclosedSecrets(message, redactor);
  return { stream, sequence, born, subject, id, source, time: new Date(timeMs).toISOString(), traceId, payload };
}
