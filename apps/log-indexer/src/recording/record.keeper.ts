import { join } from 'node:path';
import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { MeshSettings, Readiness, Redactor } from '@sentinel-forge/chassis';
import { events, ForgeError, Log, messageOf, type StoredMessage } from '@sentinel-forge/contracts';
import { EventPublisher, ResumePoint } from '@sentinel-forge/messaging';
import { Counter, Registry } from 'prom-client';
import { LogIndexerSettings } from '../config.js';
import type { Damage } from '../record/entry.js';
import { RecordWriter, type Rotation } from '../record/record-writer.js';
import { toRecordable } from './recordable.js';

/** Where the record lies below a data directory. */
export function recordDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'log-indexer', 'record');
}

/**
 * Keeps the record open and writes to it. It knows how far it has recorded each stream, so readers resume there: what was
 * recorded is not recorded again, and what was not is, whatever the server remembers.
 */
@Injectable()
export class RecordKeeper extends ResumePoint implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  readonly directory: string;
  readonly #born = new Map<string, string>();
  readonly #recorded: Counter;
  #writer: RecordWriter | undefined;
  #problem: string | undefined;

  constructor(
    @Inject(MeshSettings) mesh: MeshSettings,
    @Inject(LogIndexerSettings) private readonly settings: LogIndexerSettings,
    @Inject(Redactor) private readonly redactor: Redactor,
    @Inject(EventPublisher) private readonly publisher: EventPublisher,
    @Inject(Readiness) readiness: Readiness,
    @Inject(Log) private readonly log: Log,
    @Inject(Registry) registry: Registry,
  ) {
    super();
    this.directory = recordDirectory(mesh.dataDir);
    readiness.add('record', () =>
      this.#problem === undefined ? { isUp: true } : { isUp: false, reason: this.#problem },
    );
    this.#recorded = new Counter({
      name: 'forge_record_entries_total',
      help: 'Events recorded since the start',
      registers: [registry],
    });
  }

  /** The writer. */
  get writer(): RecordWriter {
    if (this.#writer === undefined) {
      throw new ForgeError('FORGE_RECORD_UNWRITABLE', 'The record is not open');
    }
    return this.#writer;
  }

  async onModuleInit(): Promise<void> {
    this.#writer = await RecordWriter.open(this.directory, {
      rotateEntries: this.settings.rotateEntries,
      redactor: this.redactor,
      onRotate: (rotation) => this.#tellRotation(rotation),
    });
    const { end, opening } = this.#writer;
    this.log.info('record.opened', {
      directory: this.directory,
      entries: end.entries,
      hash: end.hash,
      cutBytes: opening.cutBytes,
    });
  }

  onApplicationBootstrap(): void {
    const { damage } = this.writer.opening;
    if (damage !== undefined) {
      void this.tellDamage('segment-set-aside', damage);
    }
  }

  /** After the readers have stopped: what they hold is written by then. */
  async onApplicationShutdown(): Promise<void> {
    await this.#writer?.close();
  }

  override lastHandled(stream: string, createdAt: string): number {
    this.#born.set(stream, createdAt);
    return this.writer.cursor(stream, createdAt);
  }

  /** Records messages of streams, in their order. When it resolves, they are on disk. */
  async record(messages: readonly StoredMessage[]): Promise<void> {
    try {
      const appended = await this.writer.append(
        messages.map((message) => toRecordable(message, this.#born.get(message.stream) ?? '', this.redactor)),
      );
      this.#recorded.inc(appended.recorded);
      this.#problem = undefined;
      this.log.debug('record.appended', { ...appended, isLocal: true });
    } catch (error) {
      this.#problem = messageOf(error);
      throw error;
    }
  }

  /** Says that something is wrong with the record, and what was done about it. Never rejects. */
  async tellDamage(what: string, damage: Damage | Readonly<Record<string, unknown>>): Promise<void> {
    this.log.error(`record.${what}`, { damage });
    const data = { what, reason: 'The record is not as it was written; see the detail', detail: { ...damage } };
    await this.publisher
      .publish(events.selfMitigation, { app: 'log-indexer' }, data)
      .catch((error: unknown) => this.log.error('record.damage-not-told', { error }));
  }

  // For stdout only: the hash of the record in the record itself would prove nothing.
  #tellRotation(rotation: Rotation): void {
    this.log.info('record.rotated', { ...rotation, isLocal: true });
  }
}
