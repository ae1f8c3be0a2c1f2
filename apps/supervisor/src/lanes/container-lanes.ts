/**
 * One lane for each container: work on the same container runs one after the other, in the order in which it came; work
 * on different containers runs side by side. So the healer never restarts what is just being isolated, and one container
 * that takes a minute to stop holds up nobody but itself.
 */
export class ContainerLanes {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Runs `work` when everything before it on this container has ended, well or badly. Settles as `work` does. */
  run<T>(containerId: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(containerId) ?? Promise.resolve();
    const result = before.then(work);
    const tail = result.then(ignore, ignore).then(() => {
      // Whoever came meanwhile has put a later tail there; only the last one out removes the lane.
      if (this.#tails.get(containerId) === tail) {
        this.#tails.delete(containerId);
      }
    });
    this.#tails.set(containerId, tail);
    return result;
  }

  /** How many containers are being worked on. */
  get size(): number {
    return this.#tails.size;
  }

  /** Resolves when nothing is left to run. Work that is added meanwhile is waited for too. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) {
      await Promise.all(this.#tails.values());
    }
  }
}

/** The next in the lane runs whether or not the one before failed; the failure belongs to who asked for it. */
function ignore(): undefined {
  return undefined;
}
