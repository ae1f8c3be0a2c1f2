/** What the plugin hears of one request. */
type Told = (error: Error | null, result?: { current: number; ttl: number }) => void;

interface Window {
  readonly beganMs: number;
  count: number;
}

const mostCallers = 5_000;

/**
 * Counts the requests of each caller in windows of time, as the store that comes with the plugin does, but by the monotonic
 * clock: by that one, a caller at its limit would wait for an hour more when the wall clock is set back by an hour. Of more
 * callers than it can remember it forgets the one whose window began first.
 */
export class RateLimitStore {
  readonly #windows = new Map<string, Window>();

  /** What time it is, since whenever. */
  protected nowMs(): number {
    return performance.now();
  }

  incr(caller: string, told: Told, windowMs: number): void {
    const nowMs = this.nowMs();
    const known = this.#windows.get(caller);
    const window = known === undefined || known.beganMs + windowMs <= nowMs ? this.#begin(caller, nowMs) : known;
    window.count += 1;
    told(null, { current: window.count, ttl: Math.ceil(window.beganMs + windowMs - nowMs) });
  }

  /** One store for all routes: a caller is limited as a whole. */
  child(): this {
    return this;
  }

  #begin(caller: string, nowMs: number): Window {
    this.#windows.delete(caller);
    const [oldest] = this.#windows.keys();
    if (this.#windows.size >= mostCallers && oldest !== undefined) {
      this.#windows.delete(oldest);
    }
    const window = { beganMs: nowMs, count: 0 };
    this.#windows.set(caller, window);
    return window;
  }
}
