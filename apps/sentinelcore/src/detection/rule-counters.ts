import type { Rule } from './rule.js';

/** How often each rule matched since the start; by id, so that the counts outlive a reload of the rules. */
export class RuleCounters {
  readonly #counts = new Map<string, number>();

  /** Counts the rules that matched one event. */
  count(matched: readonly Rule[]): void {
    for (const { id } of matched) {
      this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1);
    }
  }

  /** The counts of the rules of a set, also of those that never matched; others are forgotten. */
  snapshot(rules: readonly Rule[]): ReadonlyMap<string, number> {
    const ids = new Set(rules.map((rule) => rule.id));
    for (const id of this.#counts.keys()) {
      if (!ids.has(id)) {
        this.#counts.delete(id);
      }
    }
    return new Map([...ids].map((id) => [id, this.#counts.get(id) ?? 0]));
  }
}
