import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { ForgeError } from '@sentinel-forge/contracts';
import type { Cursors, CursorTable } from './cursors.js';
import { type Damage, encodeEntry } from './entry.js';
import { encodeEvent, type PayloadRedactor, type RecordableEvent } from './event-encoding.js';
import { recordFormat } from './format.js';
import { GroupCommit } from './group-commit.js';
import type { OpenFile } from './head.js';
import { type OpenedRecord, openRecord } from './open-record.js';
import type { LogEnd } from './segmented-log.js';

/** What a writer needs. */
export interface RecordWriterOptions {
  /** A segment is sealed after so many events (`LOG_ROTATE_ENTRIES`). */
  readonly rotateEntries: number;
  readonly redactor: PayloadRedactor;
  /** Told after each seal is durable. Must not throw. */
  readonly onRotate?: (rotation: Rotation) => void;
  /** The present, for entries that belong to the record itself. */
  readonly now?: () => Date;
  /** Makes the id of a new record. */
  readonly newId?: () => string;
  readonly openFile?: OpenFile;
}

/** A segment was sealed. */
export interface Rotation {
  /** The name of its file. */
  readonly segment: string;
  readonly events: number;
  /** The number of its first entry, and how many entries the record had when it was sealed. */
  readonly first: number;
  readonly entries: number;
  /** The hash of the seal: whoever keeps it can tell later whether anything up to here was changed. */
  readonly hash: string;
}

/** What had to be mended when the record was opened. */
export interface Opening {
  /** Bytes of a write that a crash had torn. They were not acknowledged, and are gone. */
  readonly cutBytes: number;
  /** What was found that no crash explains. It is to be told (`mitigation.log-indexer.self`); the record says it too. */
  readonly damage: Damage | undefined;
}

/** What became of a batch. */
export interface Appended {
  readonly recorded: number;
  /** How many were recorded before. */
  readonly skipped: number;
}

/** What is recorded, or will be once the staged entries are durable. */
interface Progress {
  readonly cursors: Cursors;
  /** The events in the segment that is written to. */
  events: number;
}

// How much is taken together into one write and one sync, and after how many events others get their turn.
const groupEvents = 10_000;
const groupBytes = 8 * 1024 * 1024;
const turnEvents = 500;

/**
 * The one who writes the record. `append` returns when a batch is durable; batches that arrive while another is being
 * written share the next sync. An event whose stream sequence is not above the cursor of its stream was recorded before and
 * is skipped, so that what is delivered twice is recorded once.
 */
export class RecordWriter {
  /** What had to be mended. */
  readonly opening: Opening;
  #recorded: Progress;
  readonly #commits: GroupCommit<Progress>;
  #isClosed = false;

  private constructor(
    private readonly record: OpenedRecord,
    private readonly recordId: string,
    private readonly options: RecordWriterOptions,
  ) {
    this.opening = { cutBytes: record.recovery.cutBytes, damage: record.recovery.damage };
    this.#recorded = { cursors: record.cursors, events: record.events };
    this.#commits = new GroupCommit(
      {
        begin: () => ({ cursors: this.#recorded.cursors.copy(), events: this.#recorded.events }),
        commit: (draft) => this.#flush(draft),
        abandon: () => record.log.discard(),
      },
      groupEvents,
    );
  }

  /**
   * Opens the record of a directory, or begins one. Reads the last segment; a torn write is cut off, damage is set aside and
   * told (see {@link Opening}). Throws `FORGE_RECORD_LOCKED` while another process has it open.
   */
  static async open(directory: string, options: RecordWriterOptions): Promise<RecordWriter> {
    const record = await openRecord(directory, options.openFile);
    const recordId = record.recordId ?? (options.newId ?? randomUUID)();
    const writer = new RecordWriter(record, recordId, options);
    try {
      await writer.#recordOpening();
    } catch (error) {
      await writer.close();
      throw error;
    }
    return writer;
  }

  /** How many entries the record has, and the hash of the last: all of it durable. */
  get end(): LogEnd {
    return this.record.log.end;
  }

  /** The last recorded sequence of an incarnation of a stream; 0 when nothing of it is recorded. */
  cursor(stream: string, born: string): number {
    return this.#recorded.cursors.get(stream, born);
  }

  /** All cursors. */
  get cursors(): CursorTable {
    return this.#recorded.cursors.toJSON();
  }

  /**
   * Records a batch, which must be in the order of its streams. When it returns, all of it is durable. When it throws, part
   * of it may be: the same batch can be handed over again.
   */
  async append(events: readonly RecordableEvent[]): Promise<Appended> {
    if (this.#isClosed) {
      throw new ForgeError('FORGE_RECORD_UNWRITABLE', 'the record was closed');
    }
    refuseDisorder(events);
    return this.#commits.add(events.length, (draft) => this.#stageBatch(events, draft));
  }

  /** Finishes what is under way, and lets go of the directory. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#commits.settled();
    try {
      await this.record.log.close();
    } finally {
      this.record.lock.release();
    }
  }

  async #stageBatch(batch: readonly RecordableEvent[], draft: Progress): Promise<Appended> {
    let recorded = 0;
    for (const [index, event] of batch.entries()) {
      if (event.sequence > draft.cursors.get(event.stream, event.born)) {
        await this.#stageEvent(event, draft);
        recorded += 1;
      }
      if (index % turnEvents === turnEvents - 1) {
        await setImmediate();
      }
    }
    return { recorded, skipped: batch.length - recorded };
  }

  async #stageEvent(event: RecordableEvent, draft: Progress): Promise<void> {
    const { log } = this.record;
    if (log.isAtSegmentStart) {
      await this.#beginSegment(draft);
    }
    for (const leaf of encodeEvent(log.next, event, this.options.redactor)) {
      log.stage(leaf);
    }
    draft.cursors.advance(event.stream, event.born, event.sequence);
    draft.events += 1;
    if (draft.events >= this.options.rotateEntries) {
      await this.#seal(draft);
    } else if (log.stagedBytes >= groupBytes) {
      await this.#flush(draft);
    }
  }

  async #beginSegment(draft: Progress): Promise<void> {
    const { log } = this.record;
    if (log.segment === undefined) {
      await log.beginSegment();
    }
    const { entries, hash } = log.end;
    const cursors = draft.cursors.toJSON();
    const { recordId: record } = this;
    log.stage(
      encodeEntry(entries, {
        kind: 'segment',
        format: recordFormat,
        record,
        previous: hash,
        time: this.#time(),
        cursors,
      }),
    );
  }

  async #seal(draft: Progress): Promise<void> {
    const { log } = this.record;
    const { events } = draft;
    log.stage(encodeEntry(log.next, { kind: 'seal', events, time: this.#time() }));
    draft.events = 0;
    await this.#makeDurable(draft);
    // From here on it is sealed, whatever fails: nothing may be written behind the seal.
    const { segment } = log;
    if (segment !== undefined) {
      this.options.onRotate?.({ segment: segment.name, first: segment.first, events, ...log.end });
    }
    await log.endSegment();
    await log.writeHead();
  }

  async #flush(draft: Progress): Promise<void> {
    await this.#makeDurable(draft);
    await this.record.log.writeHead();
  }

  async #makeDurable(draft: Progress): Promise<void> {
    await this.record.log.flush();
    this.#recorded = { cursors: draft.cursors.copy(), events: draft.events };
  }

  // What was mended is part of what happened: the record says so itself.
  async #recordOpening(): Promise<void> {
    const { cutBytes, damage } = this.opening;
    const draft = this.#recorded;
    if (cutBytes > 0) {
      await this.#stageOwn(draft, (n) => encodeEntry(n, { kind: 'tail-cut', time: this.#time(), bytes: cutBytes }));
    }
    if (damage !== undefined) {
      await this.#stageDamage(damage, draft);
    }
    await this.#flush(draft);
  }

  #stageDamage(damage: Damage, draft: Progress): Promise<void> {
    return this.#stageOwn(draft, (n) => encodeEntry(n, { kind: 'damage', time: this.#time(), damage }));
  }

  async #stageOwn(draft: Progress, encode: (n: number) => string): Promise<void> {
    const { log } = this.record;
    if (log.isAtSegmentStart) {
      await this.#beginSegment(draft);
    }
    log.stage(encode(log.next));
  }

  #time(): string {
    return (this.options.now?.() ?? new Date()).toISOString();
  }
}

// A sequence that comes after a higher one would be taken for a repetition, and lost.
function refuseDisorder(events: readonly RecordableEvent[]): void {
  const last = new Map<string, number>();
  for (const { stream, born, sequence } of events) {
    const incarnation = `${stream}@${born}`;
    if (!Number.isSafeInteger(sequence) || sequence < Math.max(last.get(incarnation) ?? 1, 1)) {
      throw new ForgeError('FORGE_RECORD_ORDER', `sequence ${sequence} of ${stream} is out of order`);
    }
    last.set(incarnation, sequence);
  }
}
