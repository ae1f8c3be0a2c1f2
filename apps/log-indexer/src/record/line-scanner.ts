import type { FileHandle } from 'node:fs/promises';
import { linePrefixBytes, mostLineBytes } from './format.js';

/** One line of a segment, taken apart. The bytes are valid until the next line. */
export interface Line {
  /** The stored hash, in hexadecimal digits. */
  readonly hash: string;
  /** The entry. */
  readonly leaf: Buffer;
}

/** Where reading ended. */
export interface ScanEnd {
  /** Right after the last whole line. */
  readonly offset: number;
  /** What stands after it: the beginning of a line that is being written, was torn, or was damaged. */
  readonly rest: Buffer;
}

const chunkBytes = 1024 * 1024;
const lineFeed = 0x0a;

/**
 * Reads the whole lines of a file from an offset on, in bounded memory, and calls `onLine` with each (without its line
 * feed) and where it begins, until that returns false. A line longer than any may be ends the reading, as a rest.
 */
export async function scanLines(
  handle: FileHandle,
  from: number,
  onLine: (line: Buffer, offset: number) => boolean,
): Promise<ScanEnd> {
  const buffer = Buffer.allocUnsafe(chunkBytes + mostLineBytes);
  let held = 0;
  let offset = from;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, held, chunkBytes, offset + held);
    const end = held + bytesRead;
    let start = 0;
    for (let feed = buffer.indexOf(lineFeed); feed !== -1 && feed < end; feed = buffer.indexOf(lineFeed, start)) {
      const goesOn = onLine(buffer.subarray(start, feed), offset + start);
      start = feed + 1;
      if (!goesOn) {
        return { offset: offset + start, rest: Buffer.alloc(0) };
      }
    }
    buffer.copyWithin(0, start, end);
    held = end - start;
    offset += start;
    if (bytesRead === 0 || held >= mostLineBytes) {
      return { offset, rest: Buffer.from(buffer.subarray(0, held)) };
    }
  }
}

const prefixPattern = /^[0-9a-f]{64} $/;

/** Takes a line apart; undefined when it is not a hash, a space and an entry. */
export function splitLine(line: Buffer): Line | undefined {
  const prefix = line.toString('latin1', 0, linePrefixBytes);
  return prefixPattern.test(prefix) ? { hash: prefix.slice(0, 64), leaf: line.subarray(linePrefixBytes) } : undefined;
}
