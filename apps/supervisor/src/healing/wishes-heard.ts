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

/** What was heard of people's wishes and is not on record yet. */
export class WishesHeard {
  readonly #heard = new Map<string, Heard>();
  readonly #counts = new Map<string, number>();
  readonly #kills = new Map<string, { readonly engineMs: number; readonly heardMs: number }>();
  readonly #stops = new Map<string, HeardStop>();

  constructor(
    private readonly now: Now,
    private readonly isOwnAct: (containerId: string) => boolean,
  ) {}

  /** Takes an event in. */
  hear(event: ContainerEvent): void {
    const { action, containerId, timeMs } = event;
    const nowMs = this.now();
    const isOwn = this.isOwnAct(containerId);
    if (action === 'kill' && !isOwn && !harmlessSignals.has(event.signal ?? '')) {
      this.#kills.set(containerId, { engineMs: timeMs, heardMs: nowMs });
    }
    const wish = wishOf(event, isOwn);
    if (wish !== undefined) {
      const isStop = action === 'stop';
      this.#note(containerId, { wish, provisionalUntilMs: isStop ? nowMs + believeStopAfterMs : 0 });
      if (isStop) {
        this.#noteStop({ containerId, killMs: this.#kills.get(containerId)?.engineMs ?? timeMs, heardMs: nowMs });
      }
    }
    if (action === 'die' && wish === 'stopped') {
      // An end with exit code 0 may be the engine's doing too; the stop that follows it says so.
      this.#note(containerId, { wish, provisionalUntilMs: nowMs + believeStopAfterMs });
    }
    if (action === 'die' || action === 'start') {
      this.#kills.set(containerId, { engineMs: this.#kills.get(containerId)?.engineMs ?? timeMs, heardMs: -Infinity });
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

  /** Whether somebody may be about to end it: it got a signal, and has not ended yet. */
  endingUntilMs(containerId: string): number | undefined {
    const untilMs = (this.#kills.get(containerId)?.heardMs ?? -Infinity) + endingMs;
    return untilMs > this.now() ? untilMs : undefined;
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
    for (const map of [this.#heard, this.#counts, this.#kills, this.#stops]) {
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
