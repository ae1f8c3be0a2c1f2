import type { HealingRecord } from './healing.record.js';

/** What people are shown of a container that is healed. */
export interface HealingView {
  readonly id: string;
  readonly name: string;
  readonly wish: HealingRecord['wish'];
  readonly condition: HealingRecord['condition'];
  /** Restarts in a row, and those that count towards giving up. */
  readonly attempts: number;
  readonly restarts: readonly string[];
  readonly nextAttemptAt?: string;
  readonly gaveUpAt?: string;
  readonly lastReason?: string;
}

/** A record without what is only the healer's. */
export function viewOf(record: HealingRecord): HealingView {
  const { id, name, wish, condition, attempts, restarts, nextAttemptAt, gaveUpAt, lastReason } = record;
  return {
    id,
    name,
    wish,
    condition,
    attempts,
    restarts,
    ...(nextAttemptAt === undefined ? {} : { nextAttemptAt }),
    ...(gaveUpAt === undefined ? {} : { gaveUpAt }),
    ...(lastReason === undefined ? {} : { lastReason }),
  };
}

/** What needs somebody's eye first, then by name. */
export function byUrgency(a: HealingView, b: HealingView): number {
  return urgency[a.condition] - urgency[b.condition] || a.name.localeCompare(b.name);
}

const urgency = { 'given-up': 0, ailing: 1, well: 2 } as const;
