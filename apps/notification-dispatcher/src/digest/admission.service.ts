/** How many messages one channel may send, and what happens to the rest. */
export interface DigestPolicy {
  /** Single notices that one channel may begin to send within {@link windowMs}. */
  readonly cap: number;
  /** Of these, how many are kept free for what is urgent: a flood of trifles must not hold up an alarm. */
  readonly urgentReserve: number;
  readonly urgentSeverity: number;
  readonly windowMs: number;
  /** What is held over the cap goes out in one digest after so long. */
  readonly digestAfterMs: number;
  /** A notice that says the same as one sent so short ago is held, and told with its count when this is over. */
  readonly repeatWindowMs: number;
}

/** Thirty messages a minute and channel are what a person can still see as messages. */
export const defaultDigestPolicy: DigestPolicy = {
  cap: 30,
  urgentReserve: 5,
  urgentSeverity: 8,
  windowMs: 60_000,
  digestAfterMs: 30_000,
  repeatWindowMs: 5 * 60_000,
};

/** What is known when a notice comes in for a channel and recipient. */
export interface Situation {
  readonly nowMs: number;
  readonly severity: number;
  /** Messages that the channel began to send within the window; counting may stop at twice the cap. */
  readonly recentMessages: number;
  /** When the same was last told to this recipient, alone or in a digest. */
  readonly lastToldAtMs?: number;
}

/** Whether a notice goes out by itself or is held for a digest. */
export type Admission = { readonly kind: 'send' } | { readonly kind: 'hold'; readonly untilMs: number };

/** Decides over one notice. */
export function admit(situation: Situation, policy: DigestPolicy): Admission {
  const { nowMs, severity, recentMessages, lastToldAtMs } = situation;
  if (lastToldAtMs !== undefined && nowMs < lastToldAtMs + policy.repeatWindowMs) {
    return { kind: 'hold', untilMs: lastToldAtMs + policy.repeatWindowMs };
  }
  const limit = severity >= policy.urgentSeverity ? policy.cap : policy.cap - policy.urgentReserve;
  return recentMessages < limit ? { kind: 'send' } : { kind: 'hold', untilMs: nowMs + policy.digestAfterMs };
}

/**
 * Whether a digest may go out now. Digests have a share of their own, as large as that of the single notices: these can never
 * starve them, and a flood over many recipients is still bounded by twice the cap.
 */
export function mayDigest(recentMessages: number, policy: DigestPolicy): boolean {
  return recentMessages < 2 * policy.cap;
}
