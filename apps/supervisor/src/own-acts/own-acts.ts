import type { Now } from '../agenda/alarm-clock.js';

/** Events come a little later than the answer to the call that caused them. */
const graceMs = 1_000;

/**
 * The containers that supervisor itself is starting or stopping at this moment. Their events look like anybody's, and
 * whoever takes a stop for a person's wish must know that it was none.
 */
export class OwnActs {
  readonly #running = new Map<string, number>();
  readonly #started = new Set<string>();
  readonly #endedMs = new Map<string, number>();

  constructor(private readonly now: Now) {}

  /** Does something to a container, and answers for what is heard of it meanwhile. */
  async during<T>(containerId: string, act: () => Promise<T>): Promise<T> {
    this.#running.set(containerId, (this.#running.get(containerId) ?? 0) + 1);
    this.#started.delete(containerId);
    try {
      return await act();
    } finally {
      this.#end(containerId);
    }
  }

  /** Its `start` was heard: whatever we did to it, its stop lies behind it, and the next one is somebody else's. */
  hearStart(containerId: string): void {
    this.#endedMs.delete(containerId);
    if (this.#running.has(containerId)) {
      this.#started.add(containerId);
    }
  }

  /** Whether what is heard of a container now may be our own doing. */
  isOn(containerId: string): boolean {
    const endedMs = this.#endedMs.get(containerId);
    const isWithinGrace = endedMs !== undefined && this.now() - endedMs < graceMs;
    return isWithinGrace || (this.#running.has(containerId) && !this.#started.has(containerId));
  }

  #end(containerId: string): void {
    const left = (this.#running.get(containerId) ?? 1) - 1;
    if (left > 0) {
      this.#running.set(containerId, left);
      return;
    }
    this.#running.delete(containerId);
    // Deleted first, so that the map stays in the order of time.
    this.#endedMs.delete(containerId);
    if (!this.#started.delete(containerId)) {
      this.#endedMs.set(containerId, this.now());
    }
    this.#forgetOld();
  }

  #forgetOld(): void {
    const oldestMs = this.now() - graceMs;
    for (const [containerId, endedMs] of this.#endedMs) {
      if (endedMs >= oldestMs) {
        return;
      }
      this.#endedMs.delete(containerId);
    }
  }
}
