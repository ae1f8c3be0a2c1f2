import type { StoredMessage } from '@sentinel-forge/contracts';
import type { Redactor } from './redaction.js';

/**
 * A message whose enclosed one is redacted. A dead letter encloses the message that was given up, in base64, where
 * redaction cannot see what it says; every other message is returned as it is.
 */
export function withoutEnclosedSecrets(message: StoredMessage, redactor: Pick<Redactor, 'json'>): StoredMessage {
  if (message.stream !== 'DEAD_LETTER') {
    return message;
  }
  try {
    const letter = JSON.parse(Buffer.from(message.payload).toString()) as { payload?: unknown };
    const enclosed = Buffer.from(String(letter.payload), 'base64').toString();
    const payload = Buffer.from(redactor.json(enclosed).value).toString('base64');
    return { ...message, payload: Buffer.from(JSON.stringify({ ...letter, payload })) };
  } catch {
    return message; // not a dead letter of ours: the text it is
  }
}
