import { createHash } from 'node:crypto';
import type { ActionName } from './events/mitigation.js';

/** The id of a mitigation: the same wish has the same id, however often it is made. */
export function mitigationIdOf(eventId: string, target: string, action: ActionName): string {
  return `m-${stableHash(eventId, target, action)}`;
}

/** 32 hexadecimal digits for an ordered list of texts; where one ends and the next begins makes a difference. */
export function stableHash(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
