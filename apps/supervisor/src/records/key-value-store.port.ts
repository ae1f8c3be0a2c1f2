/** A record with the revision that a change of it must name. */
export interface StoredRecord<T> {
  readonly key: string;
  readonly value: T;
  /** Rises with every change of the record. */
  readonly revision: number;
}

/** A change that a watcher sees; `value` is undefined when the record was deleted. */
export interface RecordChange<T> {
  readonly key: string;
  readonly value: T | undefined;
  readonly revision: number;
}

/**
 * Where supervisor keeps what must survive it. Whoever changes a record names the revision that was read; when someone
 * else was faster, nothing is written and `FORGE_KV_CONFLICT` is thrown. That one promise is what makes an effect happen
 * once, however many processes race for it. `testing/key-value-store.suite.ts` says the rest.
 */
export interface KeyValueStore<T extends object> {
  /** The record, or undefined when there is none. */
  get(key: string): Promise<StoredRecord<T> | undefined>;

  /** Writes a new record and resolves to its revision. Throws `FORGE_KV_CONFLICT` when there is one already. */
  create(key: string, value: T): Promise<number>;

  /** Replaces what was read at `revision` and resolves to the new one. Throws `FORGE_KV_CONFLICT` when it has changed. */
  update(key: string, value: T, revision: number): Promise<number>;

  /** Removes a record; with `revision`, only that state of it. Removing what is not there is no error. */
  delete(key: string, revision?: number): Promise<void>;

  /** Every record whose key matches a filter (`*` and `>` as in NATS subjects); all of them when there is none. */
  list(filter?: string): Promise<readonly StoredRecord<T>[]>;

  /**
   * Tells every record under a filter, then how it changes, in order, until the signal is aborted; of states that follow
   * each other at once, perhaps only the last. Resolves when what stood there is told. A record that somebody spoilt is told
   * to nobody, and put right with what `keep` says of it.
   */
  follow(
    filter: string,
    onChange: (change: RecordChange<T>) => void,
    signal: AbortSignal,
    keep?: (key: string) => T | undefined,
  ): Promise<void>;
}
