/** How failures are met. */
export interface RetryPolicy {
  readonly baseMs: number;
  readonly capMs: number;
}

/** Acting: a person waits for it. */
export const actRetry: RetryPolicy = { baseMs: 250, capMs: 5_000 };
/** Giving back: whatever is in the way may be there for hours. */
export const releaseRetry: RetryPolicy = { baseMs: 1_000, capMs: 60_000 };
/** Tries to act before it has failed. */
export const maxActFailures = 5;

/**
 * Exponential backoff; half of it is jitter, so that what failed together is not tried together again, and yet nothing is
 * tried at once.
 *
 * @param failures so far, from 1
 * @param jitter from 0 up to, not including, 1
 */
export function computeRetryDelayMs({ baseMs, capMs }: RetryPolicy, failures: number, jitter: number): number {
  const ceilingMs = Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 20));
  return Math.round(ceilingMs / 2 + (jitter * ceilingMs) / 2);
}
