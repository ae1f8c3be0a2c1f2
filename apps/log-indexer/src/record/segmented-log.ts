import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { ForgeError, messageOf } from '@sentinel-forge/contracts';
import { ChainBuffer } from './chain-buffer.js';
import { type SegmentFile, segmentName } from './format.js';
import type { HeadFile, OpenFile } from './head.js';
import { systemCodeOf } from './system-error.js';

/** Where the record ends, on disk. */
export interface LogEnd {
  /** How many entries there are: the number of the next. */
  readonly entries: number;
  /** The hash of the last. */
  readonly hash: string;
}

interface OpenSegment {
  readonly file: SegmentFile;
  readonly handle: FileHandle;
  /** How much of the file is durable. */
  bytes: number;
}

/**
 * The files of the record under the writer's hands: lines are staged in memory, then made durable with one write and one
 * sync. It knows nothing of what the entries mean. When a write fails, what was staged is forgotten and the file is cut back
 * to what is durable, so that the next attempt begins where the record ends.
 */
export class SegmentedLog {
  readonly #buffer: ChainBuffer;
  #end: LogEnd;
  #staged = 0;
  #segment: OpenSegment | undefined;
  #failure: ForgeError | undefined;

  constructor(
    private readonly directory: string,
    private readonly head: HeadFile,
    end: LogEnd,
    private readonly openFile: OpenFile = open,
  ) {
    this.#end = end;
    this.#buffer = new ChainBuffer(end.hash);
  }

  /** Where the durable record ends. */
  get end(): LogEnd {
    return this.#end;
  }

  /** The number of the next entry to be staged. */
  get next(): number {
    return this.#end.entries + this.#staged;
  }

  get stagedBytes(): number {
    return this.#buffer.bytes.length;
  }

  /** The segment that is written to, if there is one. */
  get segment(): SegmentFile | undefined {
    return this.#segment?.file;
  }

  /** Whether the next entry is the first of its segment. */
  get isAtSegmentStart(): boolean {
    return (this.#segment?.bytes ?? 0) + this.stagedBytes === 0;
  }

  /** Goes on in a segment that exists, after cutting it to `bytes`. */
  async resumeSegment(file: SegmentFile, bytes: number): Promise<void> {
    await this.#guarded(async () => {
      const handle = await this.openFile(join(this.directory, file.name), 'r+');
      this.#segment = { file, handle, bytes };
      await handle.truncate(bytes);
      // Lines that a killed process wrote may be in the cache of the kernel only; from now on they count as recorded.
      await handle.datasync();
    });
  }

  /** Begins a new segment, which is named after the next entry. */
  async beginSegment(): Promise<void> {
    await this.#guarded(async () => {
      const file = { name: segmentName(this.next), first: this.next };
      const handle = await this.openFile(join(this.directory, file.name), 'wx', 0o600);
      await syncDirectory(this.directory);
      this.#segment = { file, handle, bytes: 0 };
    });
  }

  /** Adds an entry to what the next {@link flush} writes. */
  stage(leaf: string): void {
    this.#buffer.add(leaf);
    this.#staged += 1;
  }

  /** Forgets what is staged. */
  discard(): void {
    this.#staged = 0;
    this.#buffer.restart(this.#end.hash);
  }

  /**
   * Makes what is staged durable: one write, one sync. Throws a `ForgeError`, and then nothing of it is recorded. Whoever
   * calls it notes that it is recorded, and then has {@link writeHead} say so: in this order nothing can be recorded twice.
   */
  async flush(): Promise<void> {
    const segment = this.#segment;
    if (this.#staged === 0 || segment === undefined) {
      return;
    }
    await this.#guarded(async () => {
      await writeAll(segment.handle, this.#buffer.bytes, segment.bytes);
      await segment.handle.datasync();
      segment.bytes += this.#buffer.bytes.length;
      this.#end = { entries: this.next, hash: this.#buffer.hash };
      this.discard();
    });
  }

  /** Brings the head up to date: what is durable counts as acknowledged from now on. */
  writeHead(): Promise<void> {
    return this.#guarded(() => this.head.write(this.#end.entries, this.#end.hash));
  }

  /** Ends the segment; the next entry begins another. */
  async endSegment(): Promise<void> {
    const handle = this.#segment?.handle;
    this.#segment = undefined; // first: what is sealed is never written to again, whatever comes of closing it
    await handle?.close();
  }

  async close(): Promise<void> {
    try {
      await this.endSegment();
    } finally {
      await this.head.close();
    }
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
    try {
      await work();
    } catch (error) {
      throw await this.#recover(error);
    }
  }

  // Only a full disk is survived: after any other error nobody knows what is on the disk until it is read again
  // (a failed fsync drops the pages it could not write, and the next one reports success).
  async #recover(error: unknown): Promise<ForgeError> {
    this.discard();
    if (!isDiskFull(error)) {
      this.#failure = unwritable(this.directory, error);
      return this.#failure;
    }
    try {
      await this.#segment?.handle.truncate(this.#segment.bytes);
    } catch (cause) {
      this.#failure = unwritable(this.directory, cause);
      return this.#failure;
    }
    return new ForgeError('FORGE_RECORD_DISK_FULL', `the disk that holds the record in ${this.directory} is full`, {
      cause: error,
    });
  }
}

/** Makes the names in a directory durable: a file that was made is found again after a loss of power. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

// A write may take less than it was given; the rest then fails with the reason.
async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

function unwritable(directory: string, cause: unknown): ForgeError {
  return new ForgeError(
    'FORGE_RECORD_UNWRITABLE',
    `the record in ${directory} cannot be written: ${messageOf(cause)}`,
    { cause },
  );
}

const diskFullCodes: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

function isDiskFull(error: unknown): boolean {
  return diskFullCodes.includes(systemCodeOf(error));
}
