import { ForgeError, type MitigationRequested } from '@sentinel-forge/contracts';
import type { Now } from '../agenda/alarm-clock.js';
import type { KeyValueStore, StoredRecord } from '../records/key-value-store.port.js';
import type { MitigationInput } from './mitigation.input.js';
import type { MitigationRecord } from './mitigation.record.js';
import { advance, newMitigation } from './mitigation.service.js';
import { MitigationIndex } from './mitigation-index.js';

/** What came of an attempt to advance a mitigation. */
export type Advanced =
  | { readonly isAccepted: true; readonly record: MitigationRecord }
  | { readonly isAccepted: false; readonly reason: string };

/**
 * The mitigations of one host: the state machine on top of the store. Every change is a compare-and-set; when somebody else
 * was faster, the state machine is asked again about what is there now, and may say no.
 */
export class Mitigations {
  readonly index = new MitigationIndex();

  constructor(
    private readonly store: KeyValueStore<MitigationRecord>,
    private readonly host: string,
    private readonly now: Now,
  ) {}

  /** Reads everything there is, and follows what other processes write. */
  async follow(signal: AbortSignal): Promise<void> {
    await this.store.follow(
      '*',
      ({ key, value, revision }) => {
        if (value === undefined) {
          this.index.delete(key, revision);
        } else {
          this.#note({ key, value, revision });
        }
      },
      signal,
      (key) => this.index.get(key)?.value,
    );
  }

  /** Records a request. The same request again finds the record that there is: resolves to whether it is a new one. */
  async open(
    request: MitigationRequested,
    from: { readonly sender: string; readonly traceparent: string; readonly succeeds?: string },
  ): Promise<boolean> {
    const record = newMitigation(request, from, this.now());
    try {
      const revision = await this.store.create(record.id, record);
      this.#note({ key: record.id, value: record, revision });
      return true;
    } catch (error) {
      if (!isConflict(error)) {
        throw error;
      }
      await this.#refresh(record.id);
      return false;
    }
  }

  /** The record as it was last seen. */
  get(id: string): MitigationRecord | undefined {
    return this.index.get(id)?.value;
  }

  /** Puts an input to the state machine, and stores what comes of it. */
  async advance(id: string, input: MitigationInput): Promise<Advanced> {
    for (let stored = this.index.get(id) ?? (await this.#refresh(id)); ; stored = await this.#refresh(id)) {
      if (stored === undefined) {
        return { isAccepted: false, reason: 'there is no record of it' };
      }
      const next = advance(stored.value, input, this.now());
      if (!next.isAccepted || next.record === stored.value) {
        return next;
      }
      try {
        const revision = await this.store.update(id, next.record, stored.revision);
        this.#note({ key: id, value: next.record, revision });
        return next;
      } catch (error) {
        if (!isConflict(error)) {
          throw error;
        }
      }
    }
  }

  /** Removes the record of what is over. */
  async forget(id: string): Promise<void> {
    await this.store.delete(id);
    this.index.delete(id);
  }

  async #refresh(id: string): Promise<StoredRecord<MitigationRecord> | undefined> {
    const stored = await this.store.get(id);
    if (stored === undefined) {
      this.index.delete(id);
      return undefined;
    }
    this.#note(stored);
    return stored;
  }

  /** The bucket holds the mitigations of every host; those of the others are none of ours. */
  #note(stored: StoredRecord<MitigationRecord>): void {
    if (stored.value.request.target.host === this.host) {
      this.index.put(stored);
    }
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof ForgeError && error.code === 'FORGE_KV_CONFLICT';
}
