import type { ContainerEvent, NetworkEvent } from './docker-event.js';

/**
 * Knows the events of the last moments again. After a reconnection the engine is asked for a little more than was
 * missed, and what was told already must not be told twice.
 */
export class RecentEvents {
  readonly #limit: number;
  readonly #keys = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Remembers an event; false if it was known. */
  isNew(event: ContainerEvent | NetworkEvent): boolean {
    const subject = event.kind === 'network' ? `${event.networkId} ${event.containerId}` : event.containerId;
    const key = `${event.timeMs} ${event.action} ${subject}`;
    if (this.#keys.has(key)) {
      return false;
    }
    this.#keys.add(key);
    if (this.#keys.size > this.#limit) {
      const [oldest] = this.#keys;
      this.#keys.delete(oldest ?? key);
    }
    return true;
  }
}
