import type { SendOutcome } from '../channels/channel.port.js';

/** When a delivery is tried again, and when no more. */
export interface RetryPolicy {
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** Given up after so many tries … */
  readonly maxAttempts: number;
  /** … or when the next would be later than this after it was queued. It is tried once however late that is. */
  readonly maxAgeMs: number;
}

/** Gentle to a server that comes back within a minute, patient with one that is away for a day. */
export const defaultRetryPolicy: RetryPolicy = {
  baseDelayMs: 1000,
  maxDelayMs: 10 * 60_000,
  maxAttempts: 300,
  maxAgeMs: 24 * 60 * 60_000,
};

/** A delivery that was just tried. */
export interface Attempted {
  /** The tries so far, this one included. */
  readonly attempts: number;
  readonly queuedAtMs: number;
}

/** What comes next for a delivery. */
export type NextStep =
  | { readonly kind: 'delivered'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | {
      readonly kind: 'retry';
      readonly reason: string;
      readonly atMs: number;
      /** What nothing may hurry it before: the other side asked for it. */
      readonly notBeforeMs: number;
    };

/** Decides what follows a try. `random` is in [0, 1). */
export function nextStep(
  delivery: Attempted,
  outcome: SendOutcome,
  policy: RetryPolicy,
  nowMs: number,
  random: number,
): NextStep {
  if (outcome.kind === 'delivered') {
    return { kind: 'delivered', reason: outcome.reason };
  }
  if (outcome.kind === 'permanent') {
    return { kind: 'failed', reason: outcome.reason };
  }
  const notBeforeMs = outcome.retryAfterMs === undefined ? 0 : nowMs + outcome.retryAfterMs;
  const atMs = Math.max(nowMs, notBeforeMs) + computeBackoffDelayMs(delivery.attempts, policy, random);
  if (delivery.attempts >= policy.maxAttempts) {
    return { kind: 'failed', reason: `${outcome.reason}; given up after ${delivery.attempts} tries` };
  }
  if (atMs > delivery.queuedAtMs + policy.maxAgeMs) {
    const hours = Math.round((nowMs - delivery.queuedAtMs) / 3_600_000);
    return { kind: 'failed', reason: `${outcome.reason}; given up after ${delivery.attempts} tries in ${hours} h` };
  }
  return { kind: 'retry', reason: outcome.reason, atMs, notBeforeMs };
}

/**
 * Exponential backoff with full jitter: anything between nothing and the doubled delay, so that what failed together does not
 * come back together. Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function computeBackoffDelayMs(attempts: number, policy: RetryPolicy, random: number): number {
  const ceilingMs = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** Math.min(attempts - 1, 40));
  return Math.floor(random * ceilingMs);
}
