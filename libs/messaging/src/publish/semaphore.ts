/** Lets at most `permits` holders in at once; the others wait in the order in which they came, each for so long as it can. */
export class Semaphore {
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(permits: number) {
    this.#free = permits;
  }

  /** Resolves to whether the caller was let in within the time; only then it must {@link release}. */
  async acquire(timeoutMs: number): Promise<boolean> {
    if (this.#free > 0) {
      this.#free -= 1;
      return true;
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const enter = (): void => resolve(true);
    this.#waiting.add(enter);
    const timer = setTimeout(() => resolve(!this.#waiting.delete(enter)), timeoutMs);
    const isIn = await promise;
    clearTimeout(timer);
    return isIn;
  }

  release(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free += 1;
    } else {
      this.#waiting.delete(next);
      next();
    }
  }
}
