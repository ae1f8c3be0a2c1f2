import type { ContainerEvent } from '@sentinel-forge/docker';
import type { Now } from '../agenda/alarm-clock.js';
import type { HeardStop } from './engine-shutdown.service.js';
import type { Wish } from './healing.record.js';
import { wishOf } from './wish.service.js';

/** An orderly shutdown takes at most so long (the engine's own limit is 15 s, unless a container asks for more). */
const rememberStopsMs = 60_000;
/** A stop gives 10 s unless it is told otherwise. */
const endingMs = 30_000;
/** Signals that programs take as a request to do something: HUP, USR1, USR2. Every other one may be meant to end it. */
const harmlessSignals: ReadonlySet<string> = new Set(['1', '10', '12']);

interface Signal {
  /** When the first of several was sent, by the engine's clock. */
  readonly engineMs: number;
  /** When the last one was heard, by ours. */
  readonly heardMs: number;
  /** The process has ended since. */
  readonly hasEnded: boolean;
}

/** What was heard of people's wishes and is not on record yet. */
export class WishesHeard {
  readonly #heard = new Map<string, Wish>();
  readonly #counts = new Map<string, number>();
  /** What each container was sent since it was started, if it was nobody of ours who sent it. */
  readonly #signals = new Map<string, Signal>();
  readonly #stops = new Map<string, HeardStop>();

  constructor(
    private readonly now: Now,
    private readonly isOwnAct: (containerId: string) => boolean,
  ) {}

  /** Takes an event in. */
  hear(event: ContainerEvent): void {
    const { action, containerId, timeMs } = event;
    const nowMs = this.now();
    const isOwnAct = this.isOwnAct(containerId);
    const wish = wishOf(event, { isOwnAct, wasSignalled: this.#signals.has(containerId) });
    if (wish !== undefined || action === 'start') {
      this.#note(containerId, wish ?? 'running');
    }
    if (action === 'kill' && !isOwnAct && !harmlessSignals.has(event.signal ?? '')) {
      this.#noteSignal(containerId, { engineMs: timeMs, heardMs: nowMs, hasEnded: false });
    } else if (action === 'die') {
      const signal = this.#signals.get(containerId);
      if (signal !== undefined) {
        this.#signals.set(containerId, { ...signal, hasEnded: true });
      }
    } else if (action === 'stop' && !isOwnAct) {
      const killMs = this.#signals.get(containerId)?.engineMs ?? timeMs;
      this.#noteStop({ containerId, killMs, stopMs: timeMs, heardMs: nowMs });
    } else if (action === 'start') {
      this.#signals.delete(containerId);
    }
  }

  /** The stops that were heard lately; of each container the last one. */
  get stops(): readonly HeardStop[] {
    return [...this.#stops.values()];
  }

  /** It was nobody's wish that this one was stopped. */
  takeBackStop(containerId: string): void {
    this.#note(containerId, 'running');
    this.#stops.delete(containerId);
  }

  /** What was heard last of a container; undefined when that is on record. */
  of(containerId: string): Wish | undefined {
    return this.#heard.get(containerId);
  }

  /** Until when somebody may be about to end it: it got a signal, and has not ended yet. */
  endingUntilMs(containerId: string): number | undefined {
    const signal = this.#signals.get(containerId);
    const untilMs = signal === undefined || signal.hasEnded ? 0 : signal.heardMs + endingMs;
    return untilMs > this.now() ? untilMs : undefined;
  }

  /** Whether it ended because of a signal, which makes its exit code say nothing about its work. */
  wasKilled(containerId: string): boolean {
    return this.#signals.get(containerId)?.hasEnded ?? false;
  }

  /** Rises with everything that is heard of a container: what was looked up before is older than what was heard since. */
  countOf(containerId: string): number {
    return this.#counts.get(containerId) ?? 0;
  }

  /** What was heard until then is on record. */
  settle(containerId: string, count: number): void {
    if (this.countOf(containerId) === count) {
      this.#heard.delete(containerId);
    }
  }

  /** The container is gone. */
  forget(containerId: string): void {
    for (const map of [this.#heard, this.#counts, this.#signals, this.#stops]) {
      map.delete(containerId);
    }
  }

  /** A stop that has to wait sends a second signal; it began with the first. */
  #noteSignal(containerId: string, signal: Signal): void {
    const before = this.#signals.get(containerId);
    const isSecond = before !== undefined && !before.hasEnded && signal.heardMs - before.heardMs < rememberStopsMs;
    this.#signals.set(containerId, isSecond ? { ...signal, engineMs: before.engineMs } : signal);
  }

  #note(containerId: string, wish: Wish): void {
    this.#heard.set(containerId, wish);
    this.#counts.set(containerId, this.countOf(containerId) + 1);
  }

  #noteStop(stop: HeardStop): void {
    const oldestMs = this.now() - rememberStopsMs;
    for (const [containerId, { heardMs }] of this.#stops) {
      if (heardMs < oldestMs) {
        this.#stops.delete(containerId);
      }
    }
    this.#stops.set(stop.containerId, stop);
  }
}
