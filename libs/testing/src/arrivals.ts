/** What arrived at a test server, in order, and a way to wait for more of it without sleeping. */
export class Arrivals<T> {
  readonly #all: T[] = [];
  readonly #waiting = new Set<() => void>();

  /** Everything so far. */
  get all(): readonly T[] {
    return this.#all;
  }

  add(item: T): void {
    this.#all.push(item);
    for (const look of [...this.#waiting]) {
      look();
    }
  }

  /** Resolves with everything as soon as `isEnough` holds for it; rejects after the deadline, saying what there is. */
  until(isEnough: (all: readonly T[]) => boolean, what: string, deadlineMs = 10_000): Promise<readonly T[]> {
    if (isEnough(this.#all)) {
      return Promise.resolve(this.#all);
    }
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (isEnough(this.#all)) {
          done();
          resolve(this.#all);
        }
      };
      const timer = setTimeout(() => {
        done();
        reject(new Error(`waited ${deadlineMs} ms for ${what}; there are ${this.#all.length}`));
      }, deadlineMs);
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
    });
  }
}
