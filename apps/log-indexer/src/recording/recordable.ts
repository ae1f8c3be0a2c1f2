import { outlineOf, type StoredMessage } from '@sentinel-forge/contracts';
import type { PayloadRedactor, RecordableEvent } from '../record/event-encoding.js';

/**
 * A message of a stream as the record takes it.
 * @param born when the stream was created
 */
export function toRecordable(message: StoredMessage, born: string, redactor: PayloadRedactor): RecordableEvent {
  const { id, source, timeMs, traceId } = outlineOf(message);
  const { stream, sequence, subject } = message;
  const payload = stream === 'DEAD_LETTER' ? redactEnclosed(message.payload, redactor) : message.payload;
  return { stream, sequence, born, subject, id, source, time: new Date(timeMs).toISOString(), traceId, payload };
}

// A dead letter encloses the message that was given up, in base64, where redaction cannot see what it says.
function redactEnclosed(payload: Uint8Array, redactor: PayloadRedactor): Uint8Array {
  try {
    const letter = JSON.parse(Buffer.from(payload).toString()) as { payload?: unknown };
    const enclosed = Buffer.from(String(letter.payload), 'base64').toString();
    return Buffer.from(
      JSON.stringify({ ...letter, payload: Buffer.from(redactor.json(enclosed).value).toString('base64') }),
    );
  } catch {
    return payload; // not a dead letter of ours: recorded as the text it is
  }
}
