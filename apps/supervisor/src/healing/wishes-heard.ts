import type { ContainerEvent } from '@sentinel-forge/docker';
import type { Now } from '../agenda/alarm-clock.js';
import { type HeardStop, stopsOfShutdown } from './engine-shutdown.service.js';
import type { Wish } from './healing.record.js';
import { wishOf } from './wish.service.js';

/** Longer than an engine that shuts down lives on after a stop: until then a stop may turn out to have been its own. */
const believeStopAfterMs = 3_000;
/** An orderly shutdown takes at most so long (the engine's own limit is 15 s, unless a container asks for more). */
const rememberStopsMs = 60_000;
/** A stop gives 10 s, unless it is told otherwise. */
const endingMs = 15_000;
/** Signals that programs take as a request to do something: HUP, USR1, USR2. Every other one may be meant to end it. */
const harmlessSignals: ReadonlySet<string> = new Set(['1', '10', '12']);

interface Heard {
  readonly wish: Wish;
  /** Until then it counts but is not yet put on record. */
  readonly provisionalUntilMs: number;
}

interface Signal {
  readonly engineMs: number;
  readonly heardMs: number;
  /** The process has ended since. */
  readonly hasEnded: boolean;
}

/** What was heard of people's wishes and is not on record yet. */
export class WishesHeard {
  readonly #heard = new Map<string, Heard>();
  readonly #counts = new Map<string, number>();
  /** The last signal to each container since it was started, if it was nobody of ours who sent it. */
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
    if (wish !== undefined) {
      // A stop, and an end with exit code 0, may turn out to be the engine's own doing.
      this.#note(containerId, { wish, provisionalUntilMs: wish === 'stopped' ? nowMs + believeStopAfterMs : 0 });
    }
    if (action === 'kill' && !isOwnAct && !harmlessSignals.has(event.signal ?? '')) {
      this.#signals.set(containerId, { engineMs: timeMs, heardMs: nowMs, hasEnded: false });
    } else if (action === 'die') {
      const signal = this.#signals.get(containerId);
      if (signal !== undefined) {
        this.#signals.set(containerId, { ...signal, hasEnded: true });
      }
    } else if (action === 'stop' && !isOwnAct) {
      this.#noteStop({ containerId, killMs: this.#signals.get(containerId)?.engineMs ?? timeMs, heardMs: nowMs });
    } else if (action === 'start') {
      this.#signals.delete(containerId);
    }
  }

  /** The engine is gone: the stops that were its own were nobody's wish. Gives back whose they were. */
  takeBackShutdown(isAnyRunning: boolean): readonly string[] {
    const ids = stopsOfShutdown([...this.#stops.values()], this.now(), isAnyRunning);
    for (const id of ids) {
      this.#note(id, { wish: 'running', provisionalUntilMs: 0 });
      this.#stops.delete(id);
    }
    return ids;
  }

  /** What was heard last of a container; undefined when that is on record. */
  of(containerId: string): Wish | undefined {
    return this.#heard.get(containerId)?.wish;
  }

  /** Until when what was heard must not be put on record; undefined: it may be. */
  provisionalUntilMs(containerId: string): number | undefined {
    const untilMs = this.#heard.get(containerId)?.provisionalUntilMs ?? 0;
    return untilMs > this.now() ? untilMs : undefined;
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

  #note(containerId: string, heard: Heard): void {
    this.#heard.set(containerId, heard);
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
