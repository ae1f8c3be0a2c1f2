import { type Class, ForgeError, type Validator, validatorFor } from '@sentinel-forge/contracts';
import type { KeyValueStore, RecordChange, StoredRecord } from '../records/key-value-store.port.js';

interface Entry {
  readonly json: string | undefined;
  readonly revision: number;
}

/** {@link KeyValueStore} in memory, with the promises of the real one. Values are copied in and out, as over a wire. */
export class MemoryKeyValueStore<T extends object> implements KeyValueStore<T> {
  readonly #entries = new Map<string, Entry>();
  readonly #watchers = new Set<(change: RecordChange<T>) => void>();
  readonly #validator: Validator<T> | undefined;
  #revision = 0;

  /** With a class, what breaks its contract is refused, as by the real one. */
  constructor(valueClass?: Class<T>) {
    this.#validator = valueClass === undefined ? undefined : validatorFor(valueClass);
  }

  async get(key: string): Promise<StoredRecord<T> | undefined> {
    await turn();
    return this.#read(key);
  }

  async create(key: string, value: T): Promise<number> {
    await turn();
    if (this.#entries.get(key)?.json !== undefined) {
      throw conflict(key);
    }
    return this.#write(key, value);
  }

  async update(key: string, value: T, revision: number): Promise<number> {
    await turn();
    if (this.#entries.get(key)?.revision !== revision) {
      throw conflict(key);
    }
    return this.#write(key, value);
  }

  async delete(key: string, revision?: number): Promise<void> {
    await turn();
    const entry = this.#entries.get(key);
    if (revision !== undefined && entry?.revision !== revision) {
      throw conflict(key);
    }
    if (entry?.json !== undefined) {
      this.#write(key, undefined);
    }
  }

  async list(filter = '>'): Promise<readonly StoredRecord<T>[]> {
    await turn();
    return [...this.#entries.keys()].filter((key) => matches(key, filter)).flatMap((key) => this.#read(key) ?? []);
  }

  async follow(filter: string, onChange: (change: RecordChange<T>) => void, signal: AbortSignal): Promise<void> {
    for (const record of await this.list(filter)) {
      onChange(record);
    }
    const watcher = (change: RecordChange<T>): void => {
      if (!signal.aborted && matches(change.key, filter)) {
        onChange(change);
      }
    };
    this.#watchers.add(watcher);
    signal.addEventListener('abort', () => this.#watchers.delete(watcher), { once: true });
  }

  #read(key: string): StoredRecord<T> | undefined {
    const entry = this.#entries.get(key);
    return entry?.json === undefined
      ? undefined
      : { key, value: JSON.parse(entry.json) as T, revision: entry.revision };
  }

  #write(key: string, value: T | undefined): number {
    if (value !== undefined) {
      this.#validator?.parse(value);
    }
    this.#revision += 1;
    this.#entries.set(key, { json: value === undefined ? undefined : JSON.stringify(value), revision: this.#revision });
    const change = { key, value: this.#read(key)?.value, revision: this.#revision };
    for (const watcher of this.#watchers) {
      queueMicrotask(() => watcher(change));
    }
    return this.#revision;
  }
}

/** Lets others in between, as every answer over a wire does. */
function turn(): Promise<void> {
  return Promise.resolve();
}

function conflict(key: string): ForgeError {
  return new ForgeError('FORGE_KV_CONFLICT', `${key} was changed meanwhile`);
}

function matches(key: string, filter: string): boolean {
  const wanted = filter.split('.');
  const tokens = key.split('.');
  const isTail = wanted.at(-1) === '>';
  return (
    (isTail ? tokens.length >= wanted.length : tokens.length === wanted.length) &&
    wanted.every((want, index) => want === '>' || want === '*' || want === tokens[index])
  );
}
