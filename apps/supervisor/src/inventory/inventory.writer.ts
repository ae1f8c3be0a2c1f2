import { InventoryEntry, type Log } from '@sentinel-forge/contracts';
import type { ContainerEvent, ContainerSummary, NetworkEvent } from '@sentinel-forge/docker';
import type { EngineListener } from '../engine-watch/engine-watch.js';
import type { KeyValueStore } from '../records/key-value-store.port.js';
import type { Inventory } from './inventory.js';

const ownLabels = /^(forge\.|autoheal)/;
const retryMs = 1_000;

/**
 * Writes what runs on this host into the bucket `inventory`, so that a name in telemetry can be pinned to one container.
 * Whatever is heard only says that something changed: what is written is the difference between what there is and what was
 * written, so that a lost event, or a bucket that somebody else wrote to, is made good by the next look.
 */
export class InventoryWriter implements EngineListener {
  readonly #written = new Map<string, string>();
  /** While the engine was not heard nothing is known of its containers, least of all that they are gone. */
  #isHeard = false;
  #isReady = false;
  #isDirty = false;
  #writing: Promise<void> | undefined;
  #isStopped = false;

  constructor(
    private readonly store: KeyValueStore<InventoryEntry>,
    private readonly inventory: Inventory,
    private readonly host: string,
    private readonly log: Log,
  ) {}

  /** Reads what was written before, so that what has gone meanwhile is removed. */
  async start(): Promise<void> {
    for (const { key, value } of await this.store.list(`${this.host}.>`)) {
      this.#written.set(key, JSON.stringify(value));
    }
    this.#isReady = true;
    this.#note();
  }

  /** Finishes what is being written, and writes no more after that. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#writing;
  }

  onEvent(_event: ContainerEvent | NetworkEvent): void {
    this.#note();
  }

  onContainer(_container: ContainerSummary): void {
    this.#note();
  }

  onResync(): void {
    this.#isHeard = true;
    this.#note();
  }

  #note(): void {
    if (!this.#isHeard || !this.#isReady) {
      return;
    }
    this.#isDirty = true;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  async #write(): Promise<void> {
    while (this.#isDirty && !this.#isStopped) {
      this.#isDirty = false;
      try {
        await this.#writeDifference();
      } catch (error) {
        this.#isDirty = true;
        this.log.warn('inventory.not-written', { error });
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  async #writeDifference(): Promise<void> {
    const now = new Map(
      [...this.inventory.all()].map((container) => [`${this.host}.${container.id}`, entryOf(container, this.host)]),
    );
    const changed = [...now].filter(([key, entry]) => this.#written.get(key) !== JSON.stringify(entry));
    const gone = [...this.#written.keys()].filter((key) => !now.has(key));
    await Promise.all([
      ...changed.map(([key, entry]) => this.#put(key, entry)),
      ...gone.map(async (key) => {
        await this.store.delete(key);
        this.#written.delete(key);
      }),
    ]);
  }

  async #put(key: string, entry: InventoryEntry): Promise<void> {
    const stored = await this.store.get(key);
    await (stored === undefined ? this.store.create(key, entry) : this.store.update(key, entry, stored.revision));
    this.#written.set(key, JSON.stringify(entry));
  }
}

function entryOf(container: ContainerSummary, host: string): InventoryEntry {
  const { id, name, state, image, labels, compose } = container;
  return {
    version: 1,
    host,
    id,
    name,
    state,
    ...(image === '' ? {} : { image: image.slice(0, 255) }),
    ...(compose === undefined ? {} : { project: compose.project, service: compose.service }),
    labels: Object.fromEntries(
      Object.entries(labels)
        .filter(([label]) => ownLabels.test(label))
        .slice(0, 64),
    ),
  };
}
