import {
  afterAnswer,
  afterFault,
  afterRestart,
  afterStart,
  type BreakerPolicy,
  type BreakerState,
  closedBreaker,
  mayPass,
} from './breaker.service.js';

/** A circuit opened, or works again. A probe that fails only keeps it open, and is no news. */
export interface CircuitChange {
  readonly circuit: string;
  readonly isOpen: boolean;
  readonly reason: string;
}

/** The breaker of every circuit. Only those that are not simply closed take memory. */
export class Breakers {
  readonly #states: Map<string, BreakerState>;

  constructor(
    private readonly policy: BreakerPolicy,
    private readonly random: () => number,
    known: ReadonlyMap<string, BreakerState>,
    nowMs: number,
  ) {
    this.#states = new Map(
      [...known].map(([circuit, state]) => [circuit, notBeyond(policy, afterRestart(state, nowMs), nowMs)]),
    );
  }

  stateOf(circuit: string): BreakerState {
    return this.#states.get(circuit) ?? closedBreaker;
  }

  /** The circuits on which nothing may begin now. */
  blocked(nowMs: number): readonly string[] {
    return [...this.#states].filter(([, state]) => !mayPass(state, nowMs)).map(([circuit]) => circuit);
  }

  /** The circuits that wait for a try to show whether they work again. */
  awaitingProbe(nowMs: number): readonly string[] {
    return [...this.#states]
      .filter(([, state]) => state.kind === 'open' && nowMs >= state.untilMs)
      .map(([circuit]) => circuit);
  }

  /** The circuits that are out of order, for `/ready`. */
  get open(): readonly string[] {
    return [...this.#states].filter(([, state]) => state.kind !== 'closed').map(([circuit]) => circuit);
  }

  /** Takes leave for one try; false when there is none. */
  tryStart(circuit: string, nowMs: number): boolean {
    const state = this.stateOf(circuit);
    if (!mayPass(state, nowMs)) {
      return false;
    }
    this.#set(circuit, afterStart(state));
    return true;
  }

  /** Gives leave back that was not used. */
  giveBack(circuit: string, nowMs: number): void {
    this.#set(circuit, afterRestart(this.stateOf(circuit), nowMs));
  }

  /** Learns what a try came to; returns the news, if it is any. */
  record(circuit: string, isFault: boolean, reason: string, nowMs: number): CircuitChange | undefined {
    const before = this.stateOf(circuit);
    const after = isFault ? afterFault(before, this.policy, nowMs, this.random()) : afterAnswer();
    this.#set(circuit, after);
    const wasClosed = before.kind === 'closed';
    const isClosed = after.kind === 'closed';
    return wasClosed === isClosed ? undefined : { circuit, isOpen: !isClosed, reason };
  }

  #set(circuit: string, state: BreakerState): void {
    if (state.kind === 'closed' && state.faults === 0) {
      this.#states.delete(circuit);
    } else {
      this.#states.set(circuit, state);
    }
  }
}

// The clock may have been set back since: a circuit is open for no longer than it ever would be.
function notBeyond({ maxOpenMs }: BreakerPolicy, state: BreakerState, nowMs: number): BreakerState {
  return state.kind === 'open' ? { ...state, untilMs: Math.min(state.untilMs, nowMs + maxOpenMs) } : state;
}
