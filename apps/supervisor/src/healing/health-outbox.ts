import type { Log } from '@sentinel-forge/contracts';
import type { HealingEvents } from './healing.ports.js';
import type { HealingRecord } from './healing.record.js';
import type { Healings } from './healings.js';

/**
 * Says what stands in the records and was not said yet, of each container in the order in which it came to be. Nobody waits
 * for it: the streams may be away, and who tells of an illness must not keep anybody from healing it.
 */
export class HealthOutbox {
  readonly #saying = new Map<string, Promise<void>>();

  constructor(
    private readonly healings: Healings,
    private readonly events: HealingEvents,
    private readonly log: Log,
    /** Called with the id of a container of which something could not be said. */
    private readonly onTrouble: (containerId: string) => void,
  ) {}

  /** Says everything of one container; resolves when that is done, or cannot be done now. Never rejects. */
  say(record: HealingRecord): Promise<void> {
    const { id, name, unsaid } = record;
    const running = this.#saying.get(id);
    if (running !== undefined || unsaid.length === 0) {
      return running ?? Promise.resolve();
    }
    const saying = this.#sayAll(id)
      .catch((error: unknown) => {
        this.log.warn('healing.not-said', { container: name, error });
        this.onTrouble(id);
      })
      .finally(() => this.#saying.delete(id));
    this.#saying.set(id, saying);
    return saying;
  }

  async #sayAll(containerId: string): Promise<void> {
    for (let record = this.healings.get(containerId); record !== undefined; record = this.healings.get(containerId)) {
      const [event] = record.unsaid;
      if (event === undefined) {
        return;
      }
      await this.events.publish(event);
      await this.healings.change(record, (current) => ({
        ...current,
        unsaid: current.unsaid.filter(({ id }) => id !== event.id),
      }));
    }
  }
}
