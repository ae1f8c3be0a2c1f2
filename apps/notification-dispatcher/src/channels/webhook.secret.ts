import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newWebhookSecret } from './webhook.signature.js';

/** The secret that a service keeps for itself. */
export interface KeptSecret {
  readonly secret: string;
  readonly file: string;
  /** It was made just now. */
  readonly isNew: boolean;
}

/** The secret in a directory, for its owner alone; made when there is none yet. Throws what the disk says. */
export function keptWebhookSecret(directory: string): KeptSecret {
  const file = join(directory, 'webhook.secret');
  const known = readSecret(file);
  if (known !== undefined) {
    return { secret: known, file, isNew: false };
  }
  const secret = newWebhookSecret();
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // Written beside and moved into place: a crash leaves no half of a secret.
  writeFileSync(`${file}.new`, `${secret}\n`, { mode: 0o600 });
  chmodSync(`${file}.new`, 0o600);
  renameSync(`${file}.new`, file);
  return { secret, file, isNew: true };
}

function readSecret(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
