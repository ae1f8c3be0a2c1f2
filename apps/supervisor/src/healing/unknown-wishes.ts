import { stableHash } from '@sentinel-forge/contracts';
import type { HealingEvents } from './healing.ports.js';
import type { HealingRecord } from './healing.record.js';
import type { Healings } from './healings.js';

const mostNames = 50;
const unknownReason = 'it does not run, and nobody knows whether it should';

/** Asks people about what does not run when nobody knows whether it should: one question for all, and each asked about once. */
export class UnknownWishes {
  readonly #waiting = new Map<string, string>();

  constructor(
    private readonly healings: Healings,
    private readonly events: HealingEvents,
    private readonly host: string,
  ) {}

  /** Adds a container to the next question; false when it was asked about before. */
  add({ id, name, lastReason }: HealingRecord): boolean {
    if (lastReason === unknownReason) {
      return false;
    }
    this.#waiting.set(id, name);
    return true;
  }

  /** Asks. Who is not told because the streams are away stays to be asked about. */
  async ask(): Promise<void> {
    const asked = [...this.#waiting];
    if (asked.length === 0) {
      return;
    }
    const names = asked.map(([, name]) => name);
    await this.events.publishSelf(`${this.host}:wish-unknown:${stableHash(...asked.map(([id]) => id))}`, {
      what: 'wish-unknown',
      reason: `${names.length} container(s) do not run, and nobody knows whether they should: start what is wanted, and it is looked after`,
      detail: { host: this.host, containers: names.slice(0, mostNames) },
    });
    for (const [id, name] of asked) {
      await this.healings.change({ id, name }, (record) => ({ ...record, lastReason: unknownReason }));
      this.#waiting.delete(id);
    }
  }
}
