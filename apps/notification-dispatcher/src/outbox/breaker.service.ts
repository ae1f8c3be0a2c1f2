/** When a circuit opens, and for how long. */
export interface BreakerPolicy {
  /** Faults in a row that open it. */
  readonly faultsToOpen: number;
  readonly baseOpenMs: number;
  readonly maxOpenMs: number;
}

/** Five in a row; looked at again after 5 s, then ever more seldom, but at least once a minute. */
export const defaultBreakerPolicy: BreakerPolicy = { faultsToOpen: 5, baseOpenMs: 5000, maxOpenMs: 60_000 };

/**
 * The breaker of one circuit.
 * - `closed`: everything passes; faults in a row are counted.
 * - `open`: nothing passes until `untilMs`; then one try may.
 * - `half-open`: that one try is under way, and decides.
 */
export type BreakerState =
  | { readonly kind: 'closed'; readonly faults: number }
  | { readonly kind: 'open'; readonly untilMs: number; readonly openings: number }
  | { readonly kind: 'half-open'; readonly openings: number };

/** Where every circuit begins. */
export const closedBreaker: BreakerState = { kind: 'closed', faults: 0 };

/** Whether a try may begin now. */
export function mayPass(state: BreakerState, nowMs: number): boolean {
  return state.kind === 'closed' || (state.kind === 'open' && nowMs >= state.untilMs);
}

/** The state after a try has begun. Only to be called when {@link mayPass}. */
export function afterStart(state: BreakerState): BreakerState {
  return state.kind === 'open' ? { kind: 'half-open', openings: state.openings } : state;
}

/** The state after the endpoint answered, whatever it said of the message. */
export function afterAnswer(): BreakerState {
  return closedBreaker;
}

/** The state after a fault of the endpoint. `random` is in [0, 1): circuits that opened together are not tried together. */
export function afterFault(state: BreakerState, policy: BreakerPolicy, nowMs: number, random: number): BreakerState {
  if (state.kind === 'open') {
    return state; // a try that began before it opened: already known
  }
  if (state.kind === 'closed' && state.faults + 1 < policy.faultsToOpen) {
    return { kind: 'closed', faults: state.faults + 1 };
  }
  const openings = state.kind === 'half-open' ? state.openings + 1 : 1;
  const fullMs = Math.min(policy.maxOpenMs, policy.baseOpenMs * 2 ** Math.min(openings - 1, 30));
  return { kind: 'open', openings, untilMs: nowMs + Math.floor(fullMs * (0.5 + random / 2)) };
}

/** The state to begin with after a restart: a try that was under way then decides nothing any more. */
export function afterRestart(state: BreakerState, nowMs: number): BreakerState {
  return state.kind === 'half-open' ? { kind: 'open', untilMs: nowMs, openings: state.openings } : state;
}
