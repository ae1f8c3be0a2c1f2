import { setTimeout as delay } from 'node:timers/promises';

/** Waits, or until the signal is aborted. Never rejects: whoever rested looks at the signal. */
export async function rest(delayMs: number, signal: AbortSignal): Promise<void> {
  await delay(delayMs, undefined, { signal }).catch(() => undefined);
}
