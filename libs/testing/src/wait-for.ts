import { setTimeout as delay } from 'node:timers/promises';

/** How long to wait, and for what, in the words of the failure. */
export interface WaitOptions {
  readonly description: string;
  /** Default 10 s. */
  readonly timeoutMs?: number;
  /** Default 20 ms. */
  readonly intervalMs?: number;
}

/**
 * Looks again and again until the fact is there (anything but undefined, null and false), and returns it. A look that
 * throws counts as "not yet"; if the deadline passes, its error is the cause of the failure.
 */
export async function waitFor<T>(
  look: () => T | Promise<T>,
  options: WaitOptions,
): Promise<Exclude<T, undefined | null | false>> {
  const { description, timeoutMs = 10_000, intervalMs = 20 } = options;
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  let cause: unknown;
  do {
    try {
      const fact = await look();
      if (fact !== undefined && fact !== null && fact !== false) {
        return fact as Exclude<T, undefined | null | false>;
      }
      last = fact;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await delay(intervalMs);
  } while (performance.now() < deadline);
  const seen = cause instanceof Error ? `the last look failed: ${cause.message}` : `the last look gave ${String(last)}`;
  throw new Error(`waited ${timeoutMs} ms for ${description}; ${seen}`, cause === undefined ? {} : { cause });
}
