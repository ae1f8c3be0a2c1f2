import { hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { linePrefixBytes, mostLineBytes, newerFormatIn, type SegmentFile } from '../record/format.js';
import { explainBadLine } from './explain.js';
import type { Finding } from './verification.js';

/** What is known when a segment is entered. */
export interface WalkStart {
  /** The hash of the entry before; undefined after a finding: then the segment is believed what it says of itself. */
  readonly previous: string | undefined;
  /** How many entries were acknowledged. Behind them a last line may be unfinished. */
  readonly acknowledged: number;
  readonly isLast: boolean;
  /** Told after each read how far the walk is, and how many bytes were read. */
  readonly onRead: (entries: number, bytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

/** How a segment ended. */
export interface WalkEnd {
  /** The number of the entry after the last good one, and its hash. */
  readonly next: number;
  readonly hash: string | undefined;
  readonly bytes: number;
  readonly isSealed: boolean;
  readonly unfinishedBytes: number;
  readonly finding: Finding | undefined;
  /** The format that its first entry says, where that is a newer one. Without a finding the entry fits the chain. */
  readonly newerFormat: string | undefined;
  /** The hash of the last acknowledged entry, when it is in this segment. */
  readonly acknowledgedHash: string | undefined;
}

const chunkBytes = 1024 * 1024;
const hashBytes = 32;
const hashDigits = 64;
const lineFeed = 0x0a;
const space = 0x20;

/**
 * Walks one segment, entry by entry, in bounded memory, until its end or the first entry that is bad. This is written apart
 * from the writer on purpose: they share the description of the format and nothing else, so that a mistake in one is not
 * repeated by the other.
 */
export async function walkSegment(directory: string, file: SegmentFile, start: WalkStart): Promise<WalkEnd> {
  const handle = await open(join(directory, file.name));
  try {
    return await new SegmentWalk(handle, file, start).run();
  } finally {
    await handle.close();
  }
}

class SegmentWalk {
  readonly #buffer = Buffer.allocUnsafe(chunkBytes + mostLineBytes);
  #next: number;
  #previous: string | undefined;
  #isSealed = false;
  #newerFormat: string | undefined;
  #acknowledgedHash: string | undefined;
  /** Where in the file the buffer begins, and how much of it is filled. */
  #offset = 0;
  #held = 0;

  constructor(
    private readonly handle: FileHandle,
    private readonly file: SegmentFile,
    private readonly start: WalkStart,
  ) {
    this.#next = file.first;
    this.#previous = start.previous;
  }

  async run(): Promise<WalkEnd> {
    for (;;) {
      this.start.signal?.throwIfAborted();
      const bytesRead = await this.#fill();
      const badAt = this.#checkLines();
      if (badAt !== undefined) {
        return this.#finish(badAt, true);
      }
      this.start.onRead(this.#next, bytesRead);
      if (this.#newerFormat !== undefined) {
        return this.#finish(this.#offset, false);
      }
      if (bytesRead === 0 || this.#held >= mostLineBytes) {
        return this.#finish(this.#offset, this.#held > 0);
      }
    }
  }

  async #fill(): Promise<number> {
    const { bytesRead } = await this.handle.read(this.#buffer, this.#held, chunkBytes, this.#offset + this.#held);
    this.#held += bytesRead;
    return bytesRead;
  }

  /** Checks all whole lines in the buffer, and keeps the rest of it. Returns where the first bad line begins. */
  #checkLines(): number | undefined {
    const buffer = this.#buffer;
    let at = 0;
    for (let feed = buffer.indexOf(lineFeed); feed !== -1 && feed < this.#held; feed = buffer.indexOf(lineFeed, at)) {
      if (!this.#isGood(at, feed)) {
        return this.#offset + at;
      }
      at = feed + 1;
      if (this.#newerFormat !== undefined) {
        break;
      }
    }
    buffer.copyWithin(0, at, this.#held);
    this.#held -= at;
    this.#offset += at;
    return undefined;
  }

  #isGood(at: number, feed: number): boolean {
    const buffer = this.#buffer;
    const leaf = at + linePrefixBytes;
    if (leaf > feed || buffer[leaf - 1] !== space || !this.#isInPlace(leaf, feed)) {
      return false;
    }
    this.#previous ??= claimedPrevious(buffer.toString('utf8', leaf, feed));
    if (this.#previous === undefined) {
      return false;
    }
    const stored = buffer.toString('latin1', at, at + hashDigits);
    // The bytes before the entry are not needed any more: what is hashed comes to lie in one piece.
    buffer.write(this.#previous, leaf - hashBytes, 'hex');
    if (hash('sha256', buffer.subarray(leaf - hashBytes, feed), 'hex') !== stored) {
      return false;
    }
    this.#previous = stored;
    this.#next += 1;
    if (this.#next === this.start.acknowledged) {
      this.#acknowledgedHash = stored;
    }
    return true;
  }

  // `{"n":12,"kind":"event",…`: the number is that of the place, a segment begins with its header, and nothing follows a seal.
  #isInPlace(leaf: number, feed: number): boolean {
    const beginning = `{"n":${this.#next},"kind":"`;
    const kind = leaf + beginning.length;
    if (this.#isSealed || kind + 8 > feed || this.#buffer.toString('latin1', leaf, kind) !== beginning) {
      return false;
    }
    const isOwn = this.#buffer[kind] === 0x73; // "s": only segment and seal begin with it
    const isHeader = isOwn && this.#buffer.toString('latin1', kind, kind + 8) === 'segment"';
    this.#isSealed = isOwn && !isHeader;
    if (isHeader) {
      this.#newerFormat ??= newerFormatIn(this.#buffer.toString('latin1', leaf, Math.min(feed, leaf + 128)));
    }
    return isHeader === (this.#next === this.file.first);
  }

  async #finish(offset: number, hasRest: boolean): Promise<WalkEnd> {
    const end = {
      next: this.#next,
      hash: this.#previous,
      bytes: offset,
      isSealed: this.#isSealed,
      unfinishedBytes: 0,
      finding: undefined,
      newerFormat: this.#newerFormat,
      acknowledgedHash: this.#acknowledgedHash,
    };
    if (!hasRest) {
      return end;
    }
    const rest = Buffer.alloc(2 * mostLineBytes);
    const { bytesRead } = await this.handle.read(rest, 0, rest.length, offset);
    const bad = rest.subarray(0, bytesRead);
    const mayBeUnfinished = this.start.isLast && this.#next >= this.start.acknowledged;
    if (mayBeUnfinished && isTorn(bad)) {
      return { ...end, unfinishedBytes: (await this.handle.stat()).size - offset };
    }
    const why = explainBadLine(bad, this.#next, this.#previous, this.start.isLast);
    return { ...end, finding: { file: this.file.name, entry: this.#next, offset, ...why } };
  }
}

// How a write looks that did not reach its end: part of a line, or, after a loss of power, a hole of zero bytes.
function isTorn(bytes: Buffer): boolean {
  const feed = bytes.indexOf(lineFeed);
  return feed === -1 ? bytes.length < mostLineBytes || bytes.includes(0) : bytes.subarray(0, feed).includes(0);
}

function claimedPrevious(header: string): string | undefined {
  return /^\{"n":\d+,"kind":"segment",.*"previous":"([0-9a-f]{64})"/.exec(header)?.[1];
}
