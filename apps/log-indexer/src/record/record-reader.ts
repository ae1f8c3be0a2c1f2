import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ForgeError, isNewerDataError, messageOf, newerDataError } from '@sentinel-forge/contracts';
import { DirectoryChanges } from './directory-changes.js';
import { decodeEntry, type EventEntry, type PartEntry, type RecordEntry } from './entry.js';
import { headName, recordFormat, type SegmentFile, segmentsOf } from './format.js';
import { type Head, readHead } from './head.js';
import { scanLines, splitLine } from './line-scanner.js';

/** What is read. */
export interface ReadOptions {
  /** The number of the first entry; 0 unless told. */
  readonly from?: number;
  /** Whether to wait for what is yet to come, until aborted. */
  readonly follow?: boolean;
  /** Only events of this trace. */
  readonly traceId?: string;
  readonly signal?: AbortSignal;
}

/** An entry as it is stored. */
export interface StoredLeaf {
  readonly number: number;
  /** The hash of the chain up to it. */
  readonly hash: string;
  /** Its exact bytes: the leaf that was hashed. */
  readonly leaf: Buffer;
  readonly segment: string;
}

/** An entry as it is meant: parts are put together to the event they belong to. */
export interface StoredEntry {
  readonly number: number;
  readonly hash: string;
  readonly segment: string;
  readonly entry: Exclude<RecordEntry, PartEntry>;
}

const batchBytes = 1024 * 1024;
/** So many entries in a row that were not acknowledged are the end; a single one may bear a number that was damaged. */
const mostUnacknowledged = 3;

/**
 * Reads a record, in order, also while it is written. Only what was acknowledged is seen, so that nothing is seen that a
 * crash could still take back. Reading does not verify: that is `verifyRecord()`, and a line that is no entry is passed over.
 * A record of a newer version is `FORGE_DATA_NEWER`.
 */
export class RecordReader {
  constructor(private readonly directory: string) {}

  /** How many entries were acknowledged. */
  async size(): Promise<number> {
    const head = await this.#readHead();
    return head.kind === 'read' ? head.entries : 0;
  }

  /** The entries, decoded, with payloads whole. */
  async *entries(options: ReadOptions = {}): AsyncGenerator<StoredEntry> {
    const parts = new PartCollector();
    const from = options.from ?? 0;
    for await (const batch of this.#batches(options)) {
      for (const { number, hash, leaf, segment } of batch) {
        const entry = decodeEntry(leaf);
        if (entry?.kind === 'part') {
          parts.add(entry);
        } else if (entry !== undefined && number >= from && isOfTrace(entry, options.traceId)) {
          yield { number, hash, segment, entry: entry.kind === 'event' ? parts.complete(entry) : entry };
        }
      }
    }
  }

  /** The exact bytes of the entries: for an index, a Merkle tree, an export. `traceId` does not apply. */
  async *leaves(options: Omit<ReadOptions, 'traceId'> = {}): AsyncGenerator<StoredLeaf> {
    const from = options.from ?? 0;
    for await (const batch of this.#batches(options)) {
      yield* batch.filter(({ number }) => number >= from);
    }
  }

  async *#batches(options: ReadOptions): AsyncGenerator<readonly StoredLeaf[]> {
    const { signal } = options;
    const changes = options.follow === true ? new DirectoryChanges(this.directory, signal) : undefined;
    const place = new Place(options.from ?? 0);
    try {
      do {
        for await (const batch of this.#available(place, options)) {
          yield batch;
          if (signal?.aborted === true) {
            return;
          }
        }
        await changes?.next();
      } while (changes !== undefined && signal?.aborted !== true);
    } finally {
      changes?.close();
    }
  }

  async *#available(place: Place, { traceId }: ReadOptions): AsyncGenerator<readonly StoredLeaf[]> {
    const { segments, acknowledged } = await this.#look();
    for (const file of place.toRead(segments)) {
      for (;;) {
        const batch = await this.#readBatch(file, place, acknowledged, traceId);
        if (batch.leaves.length > 0) {
          yield batch.leaves;
        }
        if (batch.isAtEnd) {
          break;
        }
      }
    }
  }

  async #look(): Promise<{ readonly segments: readonly SegmentFile[]; readonly acknowledged: number }> {
    try {
      const head = await this.#readHead();
      const segments = segmentsOf(await readdir(this.directory));
      // Without a head there is no telling what was acknowledged; what is there is better than nothing.
      return { segments, acknowledged: head.kind === 'read' ? head.entries : Number.POSITIVE_INFINITY };
    } catch (error) {
      if (isNewerDataError(error)) {
        throw error;
      }
      const message = `there is no record to read in ${this.directory}: ${messageOf(error)}`;
      throw new ForgeError('FORGE_RECORD_UNREADABLE', message, { cause: error });
    }
  }

  async #readHead(): Promise<Head> {
    const head = await readHead(this.directory);
    if (head.kind === 'newer') {
      const what = join(this.directory, headName);
      throw newerDataError({ what, found: head.format, understood: recordFormat });
    }
    return head;
  }

  async #readBatch(
    file: SegmentFile,
    place: Place,
    acknowledged: number,
    traceId: string | undefined,
  ): Promise<{ readonly leaves: readonly StoredLeaf[]; readonly isAtEnd: boolean }> {
    const wanted = traceId === undefined ? undefined : `"trace":${JSON.stringify(traceId)}`;
    const leaves: StoredLeaf[] = [];
    const start = place.offsetIn(file);
    let isAtEnd = true;
    let unacknowledged = 0;
    const handle = await open(join(this.directory, file.name));
    try {
      await scanLines(handle, start, (bytes, offset) => {
        const line = splitLine(bytes);
        const label = line === undefined ? undefined : labelOf(line.leaf);
        if (label !== undefined && label.number >= acknowledged) {
          unacknowledged += 1;
          return unacknowledged < mostUnacknowledged;
        }
        unacknowledged = 0;
        place.pass(file, offset + bytes.length + 1, label?.number);
        // Parts come before their event, which may be wanted when they are not: its number and its trace are not theirs.
        const isWanted = label?.isPart === true || wanted === undefined || line?.leaf.includes(wanted) === true;
        if (line !== undefined && label !== undefined && isWanted && (label.isPart || label.number >= place.from)) {
          leaves.push({ number: label.number, hash: line.hash, leaf: Buffer.from(line.leaf), segment: file.name });
        }
        isAtEnd = offset - start < batchBytes;
        return isAtEnd;
      });
    } finally {
      await handle.close();
    }
    return { leaves, isAtEnd };
  }
}

function isOfTrace(entry: RecordEntry, traceId: string | undefined): boolean {
  return traceId === undefined || (entry.kind === 'event' && entry.trace === traceId);
}

/** How far a reader is. */
class Place {
  #segment = '';
  #offset = 0;
  #next: number;

  constructor(readonly from: number) {
    this.#next = from;
  }

  /** The segments that hold what comes next: the last that begins no later than that, and all behind it. */
  toRead(segments: readonly SegmentFile[]): readonly SegmentFile[] {
    const index = segments.findLastIndex(({ first }) => first <= this.#next);
    return segments.slice(Math.max(index, 0));
  }

  offsetIn(file: SegmentFile): number {
    return file.name === this.#segment ? this.#offset : 0;
  }

  pass(file: SegmentFile, offset: number, number: number | undefined): void {
    this.#segment = file.name;
    this.#offset = offset;
    this.#next = Math.max(this.#next, (number ?? 0) + 1);
  }
}

function labelOf(leaf: Buffer): { readonly number: number; readonly isPart: boolean } | undefined {
  const [, digits, kind] = /^\{"n":(\d{1,16}),"kind":"([a-z-]{1,16})"/.exec(leaf.toString('latin1', 0, 64)) ?? [];
  return digits === undefined ? undefined : { number: Number(digits), isPart: kind === 'part' };
}

/** Keeps the parts that came last, for the event that follows them. */
class PartCollector {
  #texts: string[] = [];
  #next = -1;

  add({ n, text }: PartEntry): void {
    if (n !== this.#next) {
      this.#texts = [];
    }
    this.#texts.push(text);
    this.#next = n + 1;
  }

  complete(event: EventEntry): EventEntry {
    const { parts, partsOf, ...whole } = event;
    if (parts === undefined || event.n !== this.#next) {
      return event;
    }
    const text = this.#texts.slice(-parts).join('');
    return partsOf === 'text' ? { ...whole, text } : { ...whole, data: parse(text) };
  }
}

// In a damaged record the parts may be anything.
function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
