import { JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { Inject, Injectable } from '@nestjs/common';
import {
  type BucketName,
  buckets,
  type Class,
  describeProblems,
  ForgeError,
  isNewerDataError,
  Log,
  messageOf,
  newerDataError,
  newerVersionIn,
  type StoredMessage,
  type Validator,
  validatorFor,
} from '@sentinel-forge/contracts';
import { MeshConnection } from '../connection/mesh-connection.js';
import { bucketStream } from '../provision/topology.js';
import { StreamCursor } from '../tail/stream-cursor.js';
import { tell } from '../tail/tell.js';
import { NewerRecords } from './newer-records.js';

/** A record with the revision that a change of it must name. */
export interface StoredRecord<T> {
  readonly key: string;
  readonly value: T;
  readonly revision: number;
}

/** A change that a watcher sees; `value` is undefined when the record was deleted. */
export interface RecordChange<T> {
  readonly key: string;
  readonly value: T | undefined;
  readonly revision: number;
}

/** Error codes of JetStream: the last revision is another, or there is none. */
const wrongRevision = [10071, 10164];

/** Opens the typed key-value buckets of the registry. */
@Injectable()
export class RecordStores {
  readonly #newer: NewerRecords;

  constructor(
    @Inject(MeshConnection) private readonly connection: MeshConnection,
    @Inject(Log) private readonly log: Log,
  ) {
    this.#newer = new NewerRecords(log);
  }

  /** Which records a newer version wrote, and what to do about it; undefined when none is known. */
  get trouble(): string | undefined {
    return this.#newer.reason;
  }

  /** A bucket whose values are of one contract class. Opened on first use. */
  open<T extends object>(bucket: BucketName, valueClass: Class<T>): RecordStore<T> {
    return new RecordStore(bucket, validatorFor(valueClass), this.connection, this.#newer, this.log);
  }
}

/**
 * Records of one class in one NATS key-value bucket. Who changes a record names the revision that was read; when someone
 * else was faster, `FORGE_KV_CONFLICT` says so and nothing is written. Values are validated when they are read: a bucket is
 * only as trustworthy as everybody who may write to it.
 *
 * A record of a newer version (its field `version` is above the one of the bucket) is neither left out nor put right: who
 * reads it, alone or among others, gets `FORGE_DATA_NEWER`.
 */
export class RecordStore<T extends object> {
  readonly #prefix: string;
  #bucket: Promise<KV> | undefined;

  constructor(
    private readonly bucket: BucketName,
    private readonly validator: Validator<T>,
    private readonly connection: MeshConnection,
    private readonly newer: NewerRecords,
    private readonly log: Log,
  ) {
    this.#prefix = `$KV.${bucket}.`;
  }

  /** The record, or undefined. Throws `FORGE_KV_INVALID` for one that breaks its contract. */
  async get(key: string): Promise<StoredRecord<T> | undefined> {
    const entry = await this.#call((bucket) => bucket.get(key));
    const value = this.#parse(key, entry?.operation === 'PUT' ? entry.value : undefined);
    return entry === null || value === undefined ? undefined : { key, value, revision: entry.revision };
  }

  /** Writes a new record. Throws `FORGE_KV_CONFLICT` when there is one already. Resolves to its revision. */
  create(key: string, value: T): Promise<number> {
    return this.#call((bucket) => bucket.create(key, this.#write(value)), key);
  }

  /** Replaces the record that was read at `revision`. Throws `FORGE_KV_CONFLICT` when it has changed since. */
  update(key: string, value: T, revision: number): Promise<number> {
    return this.#call((bucket) => bucket.update(key, this.#write(value), revision), key);
  }

  /** Writes a record whatever stands there. Only for what has one writer. */
  put(key: string, value: T): Promise<number> {
    return this.#call((bucket) => bucket.put(key, this.#write(value)), key);
  }

  /** Removes a record, if `revision` is given only that state of it. */
  async delete(key: string, revision?: number): Promise<void> {
    await this.#call((bucket) => bucket.delete(key, revision === undefined ? {} : { previousSeq: revision }), key);
  }

  /** Every record under a key filter (`*` and `>` as in subjects). A record that breaks its contract is logged and left out. */
  async list(filter = '>'): Promise<readonly StoredRecord<T>[]> {
    const records: StoredRecord<T>[] = [];
    await this.#read(filter, (change) => {
      if (change.value !== undefined) {
        records.push({ ...change, value: change.value });
      }
    });
    return records;
  }

  /**
   * Calls back for every record under a filter, then as they change, until the signal is aborted; of states that follow
   * each other at once perhaps for the last only, since a bucket keeps no other. Resolves when the records that stood there
   * have been told; rejects when a newer version wrote one of them. A broken connection loses no change. A record that a
   * newer version writes later is told to nobody, and stands in {@link RecordStores.trouble}.
   *
   * @param keep for the owner of a bucket: what a record should be. A change that breaks the contract is told to nobody, and
   *   put right with it: an app can have the server write an acknowledgement over a record that is not its own to write
   */
  async follow(
    filter: string,
    onChange: (change: RecordChange<T>) => void,
    until: AbortSignal,
    keep?: (key: string) => T | undefined,
  ): Promise<void> {
    const signal = AbortSignal.any([until, this.connection.closed]);
    const cursor = await this.#read(filter, onChange);
    const goOn = async (): Promise<void> => {
      const changes = tell(await this.connection.whenConnected(), [cursor], {
        filters: [`${this.#prefix}${filter}`],
        signal,
        isLive: true,
      });
      for await (const message of changes) {
        try {
          if (!this.#tell(message, onChange)) {
            await this.#putRight(message, keep);
          }
        } catch (error) {
          if (!isNewerDataError(error)) {
            throw error;
          }
        }
      }
    };
    goOn().catch((error: unknown) => {
      if (!signal.aborted) {
        this.log.error('record.not-followed', { bucket: this.bucket, error });
      }
    });
  }

  // Page by page with direct gets, which need no consumer: a bucket keeps one message for each key.
  #read(filter: string, onChange: (change: RecordChange<T>) => void): Promise<StreamCursor> {
    return this.#call(async () => {
      const jsm = await jetstreamManager(await this.connection.whenConnected(), { checkAPI: false });
      const subjects = [`${this.#prefix}${filter}`];
      const cursor = await StreamCursor.open(jsm, bucketStream(this.bucket), subjects, {
        kind: 'sequence',
        sequence: 1,
      });
      for (let page = await cursor.nextPage(); page.length > 0; page = await cursor.nextPage()) {
        for (const message of page) {
          this.#tell(message, onChange);
        }
      }
      return cursor;
    });
  }

  async #putRight(message: StoredMessage, keep: ((key: string) => T | undefined) | undefined): Promise<void> {
    const key = this.#keyOf(message);
    const value = keep?.(key);
    if (value !== undefined) {
      try {
        await this.update(key, value, message.sequence);
        this.log.warn('record.put-right', { bucket: this.bucket, key });
      } catch (error) {
        this.log.error('record.not-put-right', { bucket: this.bucket, key, error });
      }
    }
  }

  /** Whether the message keeps the contract of the bucket. Throws `FORGE_DATA_NEWER`. */
  #tell(message: StoredMessage, onChange: (change: RecordChange<T>) => void): boolean {
    const key = this.#keyOf(message);
    const isPut = (message.headers?.get('KV-Operation') || 'PUT') === 'PUT';
    let value: T | undefined;
    try {
      value = this.#parse(key, isPut ? message.payload : undefined);
    } catch (error) {
      if (isNewerDataError(error)) {
        throw error;
      }
      this.log.error('record.invalid', { bucket: this.bucket, key, error });
      return false;
    }
    try {
      onChange({ key, revision: message.sequence, value });
    } catch (error) {
      this.log.error('record.not-handled', { bucket: this.bucket, key, error });
    }
    return true;
  }

  #keyOf({ subject }: StoredMessage): string {
    return subject.slice(this.#prefix.length);
  }

  /** The value of a record; undefined for one that was deleted. */
  #parse(key: string, payload: Uint8Array | undefined): T | undefined {
    const value = payload === undefined ? undefined : parseJson(payload);
    this.#refuseNewer(`${this.bucket}/${key}`, value);
    if (payload === undefined) {
      return undefined;
    }
    if (!this.validator.isValid(value)) {
      throw new ForgeError(
        'FORGE_KV_INVALID',
        `${this.bucket}/${key}: ${describeProblems(this.validator.problemsOf(value))}`,
      );
    }
    return value;
  }

  #refuseNewer(place: string, value: unknown): void {
    const { version: understood } = buckets[this.bucket];
    const found = newerVersionIn(value, understood);
    if (found === undefined) {
      this.newer.settle(place);
      return;
    }
    const error = newerDataError({ what: `The record ${place}`, found, understood });
    this.newer.note(place, error);
    throw error;
  }

  #write(value: T): string {
    return JSON.stringify(this.validator.parse(value));
  }

  async #open(): Promise<KV> {
    this.#bucket ??= this.connection
      .whenConnected()
      .then((connection) => new Kvm(connection).open(this.bucket, { bindOnly: true, allow_direct: true }))
      .catch((error: unknown) => {
        this.#bucket = undefined;
        throw error;
      });
    return this.#bucket;
  }

  async #call<R>(call: (bucket: KV) => Promise<R>, key?: string): Promise<R> {
    try {
      return await call(await this.#open());
    } catch (error) {
      if (error instanceof ForgeError) {
        throw error;
      }
      if (error instanceof JetStreamApiError && wrongRevision.includes(error.code)) {
        throw new ForgeError('FORGE_KV_CONFLICT', `${this.bucket}/${key} was changed meanwhile`, { cause: error });
      }
      throw new ForgeError('FORGE_NATS_UNAVAILABLE', `${this.bucket}: ${messageOf(error)}`, { cause: error });
    }
  }
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString());
  } catch {
    return undefined;
  }
}
