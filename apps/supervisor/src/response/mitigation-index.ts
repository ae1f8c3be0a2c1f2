import type { StoredRecord } from '../records/key-value-store.port.js';
import { strengthOf } from './actions/catalogue.js';
import { isFinal, isInForce } from './in-force.js';
import type { MitigationRecord } from './mitigation.record.js';

const minuteMs = 60_000;

/** The records of one host as they were last seen, so that no decision has to read all of them. */
export class MitigationIndex {
  readonly #records = new Map<string, StoredRecord<MitigationRecord>>();
  readonly #byContainer = new Map<string, Set<string>>();
  readonly #holders = new Set<string>();
  readonly #admitted = new Set<string>();
  #actionsMs: number[] = [];

  /** Takes a record in, unless a later state of it is known. */
  put(stored: StoredRecord<MitigationRecord>): void {
    const known = this.#records.get(stored.key);
    if (known !== undefined && known.revision >= stored.revision) {
      return;
    }
    this.#records.set(stored.key, stored);
    const containerId = stored.value.request.target.id;
    const ids = this.#byContainer.get(containerId) ?? new Set();
    this.#byContainer.set(containerId, ids.add(stored.key));
    if (isHolder(stored.value)) {
      this.#holders.add(stored.key);
    } else {
      this.#holders.delete(stored.key);
    }
  }

  /** Forgets a record, unless a later state of it than the one that was deleted is known. */
  delete(id: string, revision = Infinity): void {
    const known = this.#records.get(id);
    if (known === undefined || known.revision > revision) {
      return;
    }
    const containerId = known.value.request.target.id;
    this.#records.delete(id);
    this.#holders.delete(id);
    this.#byContainer.get(containerId)?.delete(id);
    if (this.#byContainer.get(containerId)?.size === 0) {
      this.#byContainer.delete(containerId);
    }
  }

  get(id: string): StoredRecord<MitigationRecord> | undefined {
    return this.#records.get(id);
  }

  /** Every record, in no order. */
  all(): Iterable<StoredRecord<MitigationRecord>> {
    return this.#records.values();
  }

  /** Those that may still change, or have something to say that nobody has heard yet. */
  open(): readonly StoredRecord<MitigationRecord>[] {
    return [...this.#records.values()].filter(({ value }) => !isFinal(value) || value.unsaid.length > 0);
  }

  /** Those that hold a container themselves. */
  inForce(): readonly StoredRecord<MitigationRecord>[] {
    return [...this.#holders].flatMap((id) => this.#records.get(id) ?? []);
  }

  /** The strongest that holds this container; what was joined to it is not counted. */
  inForceOn(containerId: string, except?: string): StoredRecord<MitigationRecord> | undefined {
    return this.about(containerId)
      .filter(({ key, value }) => key !== except && isHolder(value))
      .sort((a, b) => strengthOf(b.value.request.action) - strengthOf(a.value.request.action))[0];
  }

  /** Everything that was ever asked for about a container, in no order. */
  about(containerId: string): readonly StoredRecord<MitigationRecord>[] {
    return [...(this.#byContainer.get(containerId) ?? [])].flatMap((id) => this.#records.get(id) ?? []);
  }

  /** What is about to take, or has taken, the place of a mitigation. */
  upgraderOf(record: MitigationRecord): StoredRecord<MitigationRecord> | undefined {
    return this.about(record.request.target.id).find(({ value }) => value.upgrades === record.id && isInForce(value));
  }

  /** The containers that are held or about to be, without those that are gone. */
  containedIds(): ReadonlySet<string> {
    const held = this.inForce().filter(({ value }) => !value.isTargetGone);
    return new Set([...held.map(({ value }) => value.request.target.id), ...this.#admitted]);
  }

  /**
   * Counts an action that was let through, before anything of it is on record: two that are judged at the same moment must
   * not both be the last one allowed. Call the result when its record speaks for itself.
   */
  admit(containerId: string, isLasting: boolean, nowMs: number): () => void {
    this.#actionsMs = [...this.recentActionsMs(nowMs), nowMs];
    if (isLasting) {
      this.#admitted.add(containerId);
    }
    return () => this.#admitted.delete(containerId);
  }

  /** Counts what another process, or this one before it was restarted, has begun within the last minute. */
  recallActions(nowMs: number): void {
    const begun = [...this.#records.values()].flatMap(({ value }) =>
      value.history.filter(({ state }) => state === 'executing').map(({ at }) => Date.parse(at)),
    );
    this.#actionsMs = begun.filter((timeMs) => timeMs > nowMs - minuteMs);
  }

  /** When actions were begun within the last minute. */
  recentActionsMs(nowMs: number): readonly number[] {
    return this.#actionsMs.filter((timeMs) => timeMs > nowMs - minuteMs);
  }
}

function isHolder(record: MitigationRecord): boolean {
  return isInForce(record) && record.joinedTo === undefined;
}
