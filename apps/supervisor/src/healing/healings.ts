import { ForgeError, type Log } from '@sentinel-forge/contracts';
import type { KeyValueStore, StoredRecord } from '../records/key-value-store.port.js';
import { type HealingRecord, newHealingRecord, restartsLimit } from './healing.record.js';

/** How long an act waits for its intent to be on record. A store that is away must not keep what is ill from being healed. */
const storePatienceMs = 250;

interface Known {
  readonly value: HealingRecord;
  /** Of what is in the store; undefined: nothing of it is. */
  readonly revision: number | undefined;
  /** The store has not taken this value yet. */
  readonly isUnsaved: boolean;
}

/**
 * What the healer knows of the containers of one host. Memory comes first and the store as soon as it can: the store stands on
 * containers that may be what has to be healed. While it answers, a change is a compare-and-set like any other, and of two
 * processes one wins.
 */
export class Healings {
  readonly #records = new Map<string, Known>();
  #isStoreAway = false;

  constructor(
    private readonly store: KeyValueStore<HealingRecord>,
    private readonly host: string,
    private readonly log: Log,
  ) {}

  /** Reads everything there is, and follows what other processes write. What was learned before stays. */
  follow(signal: AbortSignal): Promise<void> {
    return this.store.follow(
      `${this.host}.*`,
      ({ key, value, revision }) => this.#hear(key, value, revision),
      signal,
      (key) => this.#records.get(key)?.value,
    );
  }

  get(containerId: string): HealingRecord | undefined {
    return this.#records.get(this.#key(containerId))?.value;
  }

  all(): readonly HealingRecord[] {
    return [...this.#records.values()].map(({ value }) => value);
  }

  /**
   * Changes a record, or makes one. `change` may be asked again when somebody else was faster; where it gives back what it was
   * given, nothing is written.
   */
  async change(
    container: { readonly id: string; readonly name: string },
    change: (record: HealingRecord) => HealingRecord,
  ): Promise<HealingRecord> {
    const key = this.#key(container.id);
    for (;;) {
      const known = this.#records.get(key);
      const record = known?.value ?? newHealingRecord(container);
      const next = change(record);
      if (known !== undefined && JSON.stringify(next) === JSON.stringify(record)) {
        return record;
      }
      const entry: Known = { value: next, revision: known?.revision, isUnsaved: true };
      this.#records.set(key, entry);
      if ((await this.#saveSoon(key, entry)) !== 'conflict') {
        return next;
      }
    }
  }

  /** Whether the store did not answer last: then there is something to be written when it does. */
  get isStoreAway(): boolean {
    return this.#isStoreAway;
  }

  /** Writes what the store has not taken yet; true when nothing is left. */
  async saveAll(): Promise<boolean> {
    this.#isStoreAway = false;
    for (const [key, known] of this.#records) {
      if (known.isUnsaved && (await this.#saveSoon(key, known)) === 'away') {
        return false;
      }
    }
    return true;
  }

  /** The container is gone. */
  async forget(containerId: string): Promise<void> {
    const key = this.#key(containerId);
    const known = this.#records.get(key);
    if (this.#records.delete(key) && known?.revision !== undefined && !this.#isStoreAway) {
      await this.#withPatience(() => this.store.delete(key).then(() => 'deleted' as const));
    }
  }

  /** Saves, but waits for it no longer than patience lasts. */
  async #saveSoon(key: string, entry: Known): Promise<'saved' | 'conflict' | 'away'> {
    if (this.#isStoreAway) {
      return 'away';
    }
    return (await this.#withPatience((waiting) => this.#save(key, entry, waiting))) ?? 'away';
  }

  async #save(key: string, { value, revision }: Known, waiting: AbortSignal): Promise<'saved' | 'conflict'> {
    try {
      const saved = await (revision === undefined
        ? this.store.create(key, value)
        : this.store.update(key, value, revision));
      this.#noteSaved(key, value, saved);
      return 'saved';
    } catch (error) {
      if (!(error instanceof ForgeError && error.code === 'FORGE_KV_CONFLICT')) {
        throw error;
      }
      await this.#refresh(key, waiting);
      return 'conflict';
    }
  }

  /** Undefined when there was no answer in time, or an error. The signal is aborted when nobody waits any more. */
  async #withPatience<T>(work: (waiting: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const waiting = new AbortController();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), storePatienceMs);
    const settled = work(waiting.signal).catch((error: unknown) => {
      this.log.warn('healing.not-saved', { error });
      return undefined;
    });
    try {
      const outcome = await Promise.race([settled, promise]);
      this.#isStoreAway = outcome === undefined;
      return outcome;
    } finally {
      waiting.abort();
      clearTimeout(timer);
    }
  }

  #noteSaved(key: string, value: HealingRecord, revision: number): void {
    const known = this.#records.get(key);
    if (known !== undefined) {
      // Changed again meanwhile: that is still to be written, on top of this.
      this.#records.set(key, { ...known, revision, isUnsaved: known.value !== value });
    }
  }

  #hear(key: string, value: HealingRecord | undefined, revision: number): void {
    const known = this.#records.get(key);
    if (known?.revision !== undefined && known.revision >= revision) {
      return;
    }
    if (value === undefined) {
      this.#records.delete(key);
    } else if (known?.isUnsaved === true) {
      // Learned while the store was away: what is on record has the past, what was learned has the present.
      this.#records.set(key, { value: mergeRecords(value, known.value), revision, isUnsaved: true });
    } else {
      this.#records.set(key, { value, revision, isUnsaved: false });
    }
  }

  /** Somebody else was faster. Who waits for the answer decides anew; who has gone on with its own keeps that. */
  async #refresh(key: string, waiting: AbortSignal): Promise<void> {
    const stored: StoredRecord<HealingRecord> | undefined = await this.store.get(key);
    const known = this.#records.get(key);
    if (stored === undefined) {
      if (known !== undefined) {
        this.#records.set(key, { ...known, revision: undefined });
      }
    } else if (waiting.aborted && known !== undefined) {
      this.#records.set(key, {
        value: mergeRecords(stored.value, known.value),
        revision: stored.revision,
        isUnsaved: true,
      });
    } else {
      this.#records.set(key, { value: stored.value, revision: stored.revision, isUnsaved: false });
    }
  }

  #key(containerId: string): string {
    return `${this.host}.${containerId}`;
  }
}

/** Both, each thing once: what is stored may be what was learned, told before the store has answered. */
function mergeRecords(stored: HealingRecord, learned: HealingRecord): HealingRecord {
  return {
    ...stored,
    ...learned,
    wish: learned.wish === 'unknown' ? stored.wish : learned.wish,
    restarts: [...new Set([...stored.restarts, ...learned.restarts])].sort().slice(-restartsLimit),
    attempts: Math.max(stored.attempts, learned.attempts),
    unsaid: [...new Map([...stored.unsaid, ...learned.unsaid].map((event) => [event.id, event])).values()].slice(-32),
    said: Math.max(stored.said, learned.said),
  };
}
