import { hash } from 'node:crypto';
import { linePrefixBytes, mostLeafBytes } from './format.js';

const hashBytes = 32;
const space = 0x20;
const lineFeed = 0x0a;

/** Turns leaves into lines of the record, each with its hash, in one piece of memory that goes to the disk in one write. */
export class ChainBuffer {
  #bytes: Buffer;
  #length = 0;
  #hash: string;

  /** @param previous the hash that the chain goes on from, in hexadecimal digits */
  constructor(previous: string, capacityBytes = 64 * 1024) {
    this.#hash = previous;
    this.#bytes = Buffer.allocUnsafe(capacityBytes);
  }

  /** The hash of the last entry. */
  get hash(): string {
    return this.#hash;
  }

  /** What is ready to be written; valid until the next change. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Adds the line of one entry. */
  add(leaf: string): void {
    const start = this.#length;
    const leafStart = start + linePrefixBytes;
    this.#reserve(leafStart + leaf.length * 3 + 1);
    const bytes = this.#bytes;
    const leafEnd = leafStart + bytes.write(leaf, leafStart);
    if (leafEnd - leafStart > mostLeafBytes) {
      throw new RangeError(`an entry has at most ${mostLeafBytes} bytes; this one has ${leafEnd - leafStart}`);
    }
    // The place of the hash holds the previous one first, so that what is hashed lies in one piece and nothing is copied.
    bytes.write(this.#hash, leafStart - hashBytes, 'hex');
    this.#hash = hash('sha256', bytes.subarray(leafStart - hashBytes, leafEnd), 'hex');
    bytes.write(this.#hash, start, 'latin1');
    bytes[leafStart - 1] = space;
    bytes[leafEnd] = lineFeed;
    this.#length = leafEnd + 1;
  }

  /** Forgets the lines, and goes on from this hash. */
  restart(hashToGoOnFrom: string): void {
    this.#length = 0;
    this.#hash = hashToGoOnFrom;
  }

  #reserve(length: number): void {
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
  }
}
