import { constants } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { headName, newerFormatIn, recordFormat } from './format.js';
import { systemCodeOf } from './system-error.js';

/** What the head says. */
export type Head =
  | { readonly kind: 'read'; readonly entries: number; readonly hash: string }
  /** A newer version wrote it: what it says beside its format is not ours to know. */
  | { readonly kind: 'newer'; readonly format: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'malformed' };

/** How files are opened; passed in, so that a full or failing disk can be tried out. */
export type OpenFile = (path: string, flags: string | number, mode?: number) => Promise<FileHandle>;

const digits = 16;
const headPattern = new RegExp(`^${recordFormat} (\\d{${digits}}) ([0-9a-f]{64})\n$`);

/** Writes a head. It has always the same length, so that it is overwritten in one piece. */
export function formatHead(entries: number, hash: string): string {
  return `${recordFormat} ${String(entries).padStart(digits, '0')} ${hash}\n`;
}

/** Reads a head. */
export function parseHead(text: string): Head {
  const format = newerFormatIn(text);
  if (format !== undefined) {
    return { kind: 'newer', format };
  }
  const [, entries, hash] = headPattern.exec(text) ?? [];
  return entries === undefined || hash === undefined
    ? { kind: 'malformed' }
    : { kind: 'read', entries: Number(entries), hash };
}

/** Reads the head of a record that may be written meanwhile: twice the same is no mixture of two. */
export async function readHead(directory: string): Promise<Head> {
  let text = await readHeadText(directory);
  for (let reading = 0; reading < 10; reading += 1) {
    const again = await readHeadText(directory);
    if (again === text) {
      break;
    }
    text = again;
  }
  // An empty one was made a moment before a crash: it says as little as none.
  return text === undefined || text === '' ? { kind: 'missing' } : parseHead(text);
}

async function readHeadText(directory: string): Promise<string | undefined> {
  try {
    return await readFile(join(directory, headName), 'latin1');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/**
 * The head under the writer's hands. It is written after each batch has reached the disk, and is not synced itself: it
 * never says more than the record holds. When processes die it is exact; after a loss of power it may lag behind.
 */
export class HeadFile {
  #hasRightLength = false;

  private constructor(private readonly handle: FileHandle) {}

  static async open(directory: string, openFile: OpenFile = open): Promise<HeadFile> {
    return new HeadFile(await openFile(join(directory, headName), constants.O_RDWR | constants.O_CREAT, 0o600));
  }

  async write(entries: number, hash: string): Promise<void> {
    const bytes = Buffer.from(formatHead(entries, hash), 'latin1');
    await this.handle.write(bytes, 0, undefined, 0);
    if (!this.#hasRightLength) {
      // What was found may have been anything.
      await this.handle.truncate(bytes.length);
      this.#hasRightLength = true;
    }
  }

  /** Makes what was written durable. */
  sync(): Promise<void> {
    return this.handle.sync();
  }

  async close(): Promise<void> {
    try {
      await this.sync();
    } finally {
      await this.handle.close();
    }
  }
}
