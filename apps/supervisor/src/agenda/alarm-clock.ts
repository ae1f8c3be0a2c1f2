/** What time it is, in milliseconds since 1970. Passed in, so that a day passes in a test when the test says so. */
export type Now = () => number;

// A timer beyond 2^31 ms fires at once; and a clock that was set, or a host that slept, is noticed within this time.
const longestWaitMs = 30_000;

/** The one timer of a feature that keeps an agenda: rings when the earliest entry is due, or a little early. */
export class AlarmClock {
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(
    private readonly now: Now,
    private readonly onRing: () => void,
  ) {}

  /** Rings at this time instead of whatever was set before; undefined: not at all. */
  set(atMs: number | undefined): void {
    clearTimeout(this.#timer);
    if (atMs === undefined || this.#isStopped) {
      return;
    }
    const waitMs = Math.min(longestWaitMs, Math.max(0, atMs - this.now()));
    this.#timer = setTimeout(this.onRing, waitMs);
  }

  /** Never rings again. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }
}
