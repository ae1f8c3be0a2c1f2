import type { ContainerSummary } from '@sentinel-forge/docker';
import type { Now } from '../agenda/alarm-clock.js';
import type { Inventory } from '../inventory/inventory.js';
import { isEndOfEngine, stopsOfShutdown } from './engine-shutdown.service.js';
import type { HealingEngine } from './healing.ports.js';
import type { Healings } from './healings.js';
import type { WishesHeard } from './wishes-heard.js';

/** What is needed to tell whose end it was. */
export interface EngineLossPorts {
  readonly engine: HealingEngine;
  readonly healings: Healings;
  readonly inventory: Inventory;
  readonly wishes: WishesHeard;
  readonly now: Now;
}

/** One container that ended while the engine was away may have ended by itself; only of several can it be told. */
const fewestLosses = 2;

/** The containers that ended with the engine, which nobody wished: it was shut down, or it was killed and started anew. */
export class EngineLosses {
  readonly #lost = new Set<string>();
  /** None of these runs on; whether that was the engine's doing shows in what is told late. */
  #suspected: { readonly ids: readonly string[]; readonly sinceMs: number } | undefined;

  /** @param toldLateMs how long after a resync what was missed may still be told */
  constructor(
    private readonly ports: EngineLossPorts,
    private readonly toldLateMs: number,
  ) {}

  /** Whether its end was the engine's: then it says nothing, whatever its exit code. */
  has(containerId: string): boolean {
    if (this.#suspected !== undefined && this.ports.now() >= this.#suspected.sinceMs + this.toldLateMs) {
      this.#judge(this.#suspected);
    }
    return this.#lost.has(containerId);
  }

  /** Whether it is still to be seen whose end it was. */
  isSuspected(containerId: string): boolean {
    return this.#suspected?.ids.includes(containerId) ?? false;
  }

  /** It runs again, or is gone. */
  forget(containerId: string): void {
    this.#lost.delete(containerId);
  }

  /** The engine is gone: what it did to its containers before, nobody wished. */
  async noteAway(): Promise<void> {
    const { healings, inventory, wishes, now } = this.ports;
    const isAnyRunning = [...inventory.all()].some(({ state }) => state === 'running');
    const ids = stopsOfShutdown(wishes.stops, now(), isAnyRunning);
    this.#takeBack(ids);
    const records = ids.flatMap((id) => healings.get(id) ?? []);
    await Promise.all(records.map((record) => healings.change(record, (current) => ({ ...current, wish: 'running' }))));
  }

  /**
   * The engine is back. If not one of the processes that ran before runs on, it may not have been they that ended but the engine,
   * or the host. Asked until the first survivor is found, so that on most resyncs this is one look.
   */
  async suspect(concerned: readonly ContainerSummary[]): Promise<void> {
    const { engine, healings, wishes, now } = this.ports;
    const sinceMs = now();
    // Before anything that is told late can change the wishes.
    const wanted = concerned.flatMap(({ id }) => {
      const record = healings.get(id);
      const wish = wishes.of(id) ?? record?.wish;
      return wish === 'running' && record?.startedAt !== undefined ? [{ id, startedAt: record.startedAt }] : [];
    });
    for (const { id, startedAt } of wanted) {
      const container = await engine.inspect(id);
      if (container?.startedAt === startedAt && container.state !== 'exited') {
        return;
      }
    }
    if (wanted.length >= fewestLosses) {
      this.#suspected = { ids: wanted.map(({ id }) => id), sinceMs };
    }
  }

  #judge(suspected: { readonly ids: readonly string[]; readonly sinceMs: number }): void {
    this.#suspected = undefined;
    const { inventory, wishes } = this.ports;
    const endedIds = suspected.ids.filter((id) => inventory.get(id)?.state === 'exited');
    const stops = wishes.stops.filter(({ heardMs }) => heardMs >= suspected.sinceMs);
    if (isEndOfEngine(endedIds, stops)) {
      this.#takeBack(endedIds);
    }
  }

  #takeBack(ids: readonly string[]): void {
    for (const id of ids) {
      this.#lost.add(id);
      this.ports.wishes.takeBackStop(id);
    }
  }
}
