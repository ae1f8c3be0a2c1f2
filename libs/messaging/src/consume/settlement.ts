import { type DeadLetterCause, ForgeError, isOutage, isRetryable } from '@sentinel-forge/contracts';

/** How often a message is tried, and how long it rests in between. */
export interface RetryPolicy {
  /** Deliveries in all before the message is given up. */
  readonly maxDeliveries: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
}

/** Twelve deliveries over about six minutes. */
export const defaultRetryPolicy: RetryPolicy = { maxDeliveries: 12, baseDelayMs: 100, maxDelayMs: 60_000 };

/** What is done with a message after its handler ended. */
export type Settlement =
  | { readonly kind: 'ack' }
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'dead-letter'; readonly cause: DeadLetterCause; readonly error: unknown };

/** What a handler did: it returned, or it threw. */
export type Outcome = { readonly isDone: true } | { readonly isDone: false; readonly error: unknown };

/**
 * Decides what becomes of a message. Permanent failures go to the dead letters at once, transient ones are tried again
 * with growing, jittered rests, and what was tried often enough goes to the dead letters too; but an outage (the disk of the
 * service is full, NATS is away) is no fault of the message, which waits for as long as it lasts. An error that nobody classified
 * counts as transient.
 *
 * @param deliveries how often the message was delivered so far, from 1
 * @param random a number in [0, 1)
 */
export function settle(outcome: Outcome, deliveries: number, policy: RetryPolicy, random: number): Settlement {
  if (outcome.isDone) {
    return { kind: 'ack' };
  }
  const { error } = outcome;
  if (!isRetryable(error)) {
    return { kind: 'dead-letter', cause: causeOf(error), error };
  }
  if (deliveries >= policy.maxDeliveries && !isOutage(error)) {
    return { kind: 'dead-letter', cause: 'exhausted', error };
  }
  return { kind: 'retry', delayMs: computeBackoffDelayMs(deliveries, policy, random) };
}

/** Exponential backoff with equal jitter: half of the rest is certain, so that a retry is never immediate. */
export function computeBackoffDelayMs(deliveries: number, policy: RetryPolicy, random: number): number {
  const ceilingMs = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** Math.min(deliveries - 1, 30));
  return Math.round(ceilingMs / 2 + (ceilingMs / 2) * random);
}

function causeOf(error: unknown): DeadLetterCause {
  return error instanceof ForgeError && error.code.startsWith('FORGE_EVENT_') ? 'invalid' : 'rejected';
}
