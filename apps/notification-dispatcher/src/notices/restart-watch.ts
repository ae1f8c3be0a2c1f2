import { events, ForgeError, type ForgeEvent } from '@sentinel-forge/contracts';

/** A service that said that it goes down, and is waited for. */
interface Absent {
  readonly app: string;
  readonly sinceMs: number;
  readonly settle: (isBack: boolean) => void;
  readonly abort: (reason: Error) => void;
}

/**
 * Tells a restart from an end. A service that stops says `down`, one that is killed says nothing: so `down` is followed by
 * `up` at every update and every `npm start`, and only one that is not is news. The event is held unacknowledged for as long
 * as that is open, so that it outlives this process.
 */
export class RestartWatch {
  readonly #absent = new Set<Absent>();
  /** When each service was last seen: an event that is delivered again comes after those that followed it. */
  readonly #lastSeenMs = new Map<string, number>();
  #isEnded = false;

  /** @param graceMs how long a service may be away and still have been restarted */
  constructor(private readonly graceMs: number) {}

  /**
   * Whether an event is the `down` of a service that is up again within the grace; at once for every other event. Rejects
   * when the watch ends before that is known.
   */
  async isRestart({ definition, params, storedAtMs }: ForgeEvent): Promise<boolean> {
    if (definition !== events.serviceHealth) {
      return false;
    }
    const { app = '', state } = params;
    if (state !== 'down') {
      this.#see(app, storedAtMs);
      return false;
    }
    if ((this.#lastSeenMs.get(app) ?? 0) > storedAtMs) {
      return true;
    }
    if (this.#isEnded) {
      throw undecided();
    }
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const absent: Absent = { app, sinceMs: storedAtMs, settle: resolve, abort: reject };
    const timer = setTimeout(resolve, this.graceMs, false);
    this.#absent.add(absent);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#absent.delete(absent);
    }
  }

  /** Waits for nobody any more: what is open is decided by the next process. */
  end(): void {
    this.#isEnded = true;
    for (const { abort } of this.#absent) {
      abort(undecided());
    }
  }

  #see(app: string, nowMs: number): void {
    this.#lastSeenMs.set(app, Math.max(nowMs, this.#lastSeenMs.get(app) ?? 0));
    for (const absent of this.#absent) {
      if (absent.app === app && absent.sinceMs <= nowMs) {
        absent.settle(true);
      }
    }
  }
}

function undecided(): ForgeError {
  return new ForgeError('FORGE_INTERNAL', 'The dispatcher stops before it knows whether the service comes back');
}
