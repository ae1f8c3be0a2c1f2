import { hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Cursors } from './cursors.js';
import { decodeEntry, type RecordEntry, type SegmentEntry } from './entry.js';
import { mostLineBytes, newerFormatIn, recordFormat, type SegmentFile } from './format.js';
import { type Line, scanLines, splitLine } from './line-scanner.js';

/** What the writer learns from one segment when it starts. */
export interface SegmentScan {
  readonly file: SegmentFile;
  /** Its first entry; undefined when that is damaged or missing. */
  readonly header: SegmentEntry | undefined;
  /** The format that its first line says, where a newer version wrote it: then all else here means nothing. */
  readonly newerFormat: string | undefined;
  /** How many entries from the first on are as they were written. */
  readonly entries: number;
  /** The bytes of those. */
  readonly goodBytes: number;
  readonly fileBytes: number;
  /** The hash of the last good entry. */
  readonly hash: string | undefined;
  /** The events among the good entries. */
  readonly events: number;
  readonly isSealed: boolean;
  /**
   * How far the streams are recorded: what the header carries, and every event that fits the hash stored before it, also
   * behind a damaged entry. A damaged one does not count: at the end of the record it is read from its stream again.
   */
  readonly cursors: Cursors;
  /** What comes after the good entries, when something does. */
  readonly bad: BadRest | undefined;
  /** The hash of the entry that the caller asked about, when it is among the good ones. */
  readonly askedHash: string | undefined;
}

/** Bytes that are not what the chain says. */
export interface BadRest {
  readonly offset: number;
  /** Whether this is how a write looks that did not reach its end: part of a line, or a hole of zero bytes. */
  readonly isTorn: boolean;
  /** How many lines there are in it, the last of which may not be whole. */
  readonly lines: number;
  /** The last hash that stands in it. */
  readonly lastHash: string | undefined;
}

/** Reads a segment from its beginning. `asked` is the number of an entry whose hash is wanted. */
export async function scanSegment(directory: string, file: SegmentFile, asked: number): Promise<SegmentScan> {
  const handle = await open(join(directory, file.name));
  try {
    const scanner = new SegmentScanner(file, asked);
    const end = await scanLines(handle, 0, (line, offset) => scanner.take(line, offset));
    const { size } = await handle.stat();
    return scanner.finish(end.offset, end.rest, size);
  } finally {
    await handle.close();
  }
}

/** More than stands before and in the format of a first entry. */
const mostHeaderBytes = 128;

class SegmentScanner {
  #header: SegmentEntry | undefined;
  #newerFormat: string | undefined;
  #entries = 0;
  #goodBytes = 0;
  #hash: string | undefined;
  #askedHash: string | undefined;
  #events = 0;
  #isSealed = false;
  #cursors = new Cursors();
  #bad: { offset: number; hasHole: boolean; lines: number; lastHash: string | undefined } | undefined;
  /** The hash that stands before the line that comes, be it good or not. */
  #storedBefore: string | undefined;

  constructor(
    private readonly file: SegmentFile,
    private readonly asked: number,
  ) {}

  take(bytes: Buffer, offset: number): boolean {
    const line = splitLine(bytes);
    if (offset === 0 && line !== undefined) {
      this.#newerFormat = newerFormatIn(line.leaf.toString('latin1', 0, mostHeaderBytes));
    }
    const entry = line === undefined ? undefined : this.#fittingEntry(line);
    if (entry?.kind === 'event') {
      this.#cursors.advance(entry.stream, entry.born, entry.seq);
    }
    if (this.#bad === undefined && line !== undefined && entry !== undefined && this.#isExpected(entry)) {
      this.#accept(line, entry, offset + bytes.length + 1);
    } else {
      this.#note(bytes, line, offset);
    }
    this.#storedBefore = line?.hash;
    return true;
  }

  finish(offset: number, rest: Buffer, fileBytes: number): SegmentScan {
    if (rest.length > 0) {
      this.#note(rest, splitLine(rest), offset);
    }
    const bad = this.#bad;
    const isOneBrokenLine = bad?.lines === 1 && rest.length > 0 && rest.length < mostLineBytes;
    return {
      file: this.file,
      header: this.#header,
      newerFormat: this.#newerFormat,
      entries: this.#entries,
      goodBytes: this.#goodBytes,
      fileBytes,
      hash: this.#hash,
      events: this.#events,
      isSealed: this.#isSealed,
      cursors: this.#cursors,
      bad: bad === undefined ? undefined : { ...bad, isTorn: isOneBrokenLine || bad.hasHole },
      askedHash: this.#askedHash,
    };
  }

  // An entry that fits the hash stored before it was not touched, whatever was done to others.
  #fittingEntry(line: Line): RecordEntry | undefined {
    const entry = decodeEntry(line.leaf);
    const isFirst = this.#entries === 0 && this.#bad === undefined;
    const previous = isFirst && entry?.kind === 'segment' ? entry.previous : this.#storedBefore;
    if (entry === undefined || previous === undefined) {
      return undefined;
    }
    const actual = hash('sha256', Buffer.concat([Buffer.from(previous, 'hex'), line.leaf]), 'hex');
    return actual === line.hash ? entry : undefined;
  }

  #isExpected(entry: RecordEntry): boolean {
    const isHeader = entry.kind === 'segment' && entry.format === recordFormat;
    return entry.n === this.file.first + this.#entries && isHeader === (this.#entries === 0) && !this.#isSealed;
  }

  #accept(line: Line, entry: RecordEntry, end: number): void {
    this.#entries += 1;
    this.#goodBytes = end;
    this.#hash = line.hash;
    if (entry.n === this.asked) {
      this.#askedHash = line.hash;
    }
    if (entry.kind === 'segment') {
      this.#header = entry;
      this.#cursors = Cursors.from(entry.cursors);
    } else if (entry.kind === 'event') {
      this.#events += 1;
    }
    this.#isSealed = entry.kind === 'seal';
  }

  #note(bytes: Buffer, line: Line | undefined, offset: number): void {
    this.#bad ??= { offset, hasHole: bytes.includes(0), lines: 0, lastHash: undefined };
    this.#bad.lines += 1;
    this.#bad.lastHash = line?.hash ?? this.#bad.lastHash;
  }
}
