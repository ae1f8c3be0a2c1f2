/** Milliseconds of some clock. */
type Clock = () => number;

/** By how much of the time that passes the clock may differ from it, to come nearer to the wall clock. */
const slewShare = 0.1;
/** A clock that is wrong by more was never right: it is believed at once. */
const mostSlewedMs = 24 * 60 * 60 * 1000;

/**
 * The time of day for what lasts: times to live, rests between tries, windows. It begins as the wall clock, and goes on with
 * the monotonic one. When the wall clock is set, by an hour say, it does not jump along: it follows by a tenth of the time that
 * passes, so that nothing ends an hour early and nobody waits for an hour, and what is to last ten minutes lasts nine to eleven.
 * It never goes back. A step of more than a day is followed at once. A new process begins with the wall clock again.
 */
export class SteadyClock {
  readonly #wall: Clock;
  readonly #monotonic: Clock;
  #atMs: number;
  #nowMs: number;

  constructor(wall: Clock = () => Date.now(), monotonic: Clock = () => performance.now()) {
    this.#wall = wall;
    this.#monotonic = monotonic;
    this.#atMs = monotonic();
    this.#nowMs = wall();
  }

  /** Whole milliseconds since 1970. */
  now(): number {
    const atMs = this.#monotonic();
    const elapsedMs = atMs - this.#atMs;
    const expectedMs = this.#nowMs + elapsedMs;
    const offMs = this.#wall() - expectedMs;
    const mostMs = elapsedMs * slewShare;
    this.#atMs = atMs;
    this.#nowMs = expectedMs + (Math.abs(offMs) > mostSlewedMs ? offMs : Math.max(-mostMs, Math.min(mostMs, offMs)));
    return Math.floor(this.#nowMs);
  }
}

const clock = new SteadyClock();

/** What time it is in this process, by its one {@link SteadyClock}. */
export function steadyNow(): number {
  return clock.now();
}
