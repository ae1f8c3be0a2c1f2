/** What is known of a consumer and its stream, in the server's own figures. */
export interface LagFigures {
  readonly pending: number;
  readonly unacknowledged: number;
  readonly ackFloor: number;
  /** Whether the consumer reads only part of the stream's subjects: then what lies before its floor may not be its own. */
  readonly isFiltered: boolean;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** The age of the oldest message that the consumer has not acknowledged; 0 when there is none. */
  readonly oldestAgeMs: number;
}

/** What follows from {@link LagFigures}. */
export interface Lag {
  /** Messages that the consumer has not handled yet. */
  readonly messages: number;
  /** Messages that were discarded before the consumer handled them. Each is a broken promise. */
  readonly lost: number;
  /** Why the consumer is about to lose messages, or undefined. */
  readonly risk: string | undefined;
}

const ageAlarmShare = 0.8;
const bytesAlarmShare = 0.9;
const oldestShare = 0.1;

/** Judges how far a consumer is behind, and whether retention is about to overtake it. */
export function lagOf(figures: LagFigures): Lag {
  const messages = figures.pending + figures.unacknowledged;
  return { messages, lost: lostBefore(figures), risk: messages === 0 ? undefined : riskOf(figures) };
}

function lostBefore({ isFiltered, ackFloor, firstSequence }: LagFigures): number {
  // A consumer that never acknowledged anything may be younger than what the stream has discarded.
  return isFiltered || ackFloor === 0 ? 0 : Math.max(0, firstSequence - 1 - ackFloor);
}

function riskOf(figures: LagFigures): string | undefined {
  const { oldestAgeMs, maxAgeMs, bytes, maxBytes, ackFloor, firstSequence, lastSequence } = figures;
  if (maxAgeMs > 0 && oldestAgeMs > ageAlarmShare * maxAgeMs) {
    return `the oldest unhandled message is ${Math.round(oldestAgeMs / 60_000)} min old, and the stream keeps ${Math.round(maxAgeMs / 60_000)} min`;
  }
  const isFull = maxBytes > 0 && bytes > bytesAlarmShare * maxBytes;
  const isAmongOldest = ackFloor - firstSequence < oldestShare * (lastSequence - firstSequence);
  return isFull && isAmongOldest
    ? 'the stream is full, and discards the oldest messages, which are not handled yet'
    : undefined;
}
