import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventEntry } from '../record/entry.js';
import type { PayloadRedactor, RecordableEvent } from '../record/event-encoding.js';
import { headName, segmentsOf } from '../record/format.js';
import { RecordReader, type StoredEntry } from '../record/record-reader.js';
import { RecordWriter, type RecordWriterOptions } from '../record/record-writer.js';

/** The incarnation of a stream, where it does not matter. */
export const born = '2026-01-01T00:00:00.123456789Z';

/** An event to record. */
export function event(sequence: number, overrides: Partial<RecordableEvent> = {}): RecordableEvent {
  return {
    stream: 'DEFEND',
    sequence,
    born,
    subject: 'defend.auth',
    id: `DEFEND:${sequence}`,
    time: '2026-01-01T00:00:01.000Z',
    payload: Buffer.from(JSON.stringify({ sequence })),
    ...overrides,
  };
}

/** Events with all the sequences from one to another. */
export function events(from: number, to: number, overrides: Partial<RecordableEvent> = {}): readonly RecordableEvent[] {
  return Array.from({ length: to - from + 1 }, (_, index) => event(from + index, overrides));
}

/** Hides nothing. */
export const plain: PayloadRedactor = {
  json: (value) => ({ value, hidden: 0 }),
  text: (value) => ({ value, hidden: 0 }),
};

/** A place for records that goes when the test ends. */
export class RecordLab implements AsyncDisposable {
  #directories = 0;

  private constructor(private readonly root: string) {}

  static async create(): Promise<RecordLab> {
    return new RecordLab(await mkdtemp(join(tmpdir(), 'forge-record-')));
  }

  /** A directory for a record, not made yet. */
  directory(): string {
    this.#directories += 1;
    return join(this.root, `record-${this.#directories}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true });
  }
}

/** Opens a writer that rotates seldom and hides nothing. */
export function openWriter(directory: string, options: Partial<RecordWriterOptions> = {}): Promise<RecordWriter> {
  return RecordWriter.open(directory, { rotateEntries: 1_000_000, redactor: plain, ...options });
}

/** Does something with a writer, and closes it. */
export async function withWriter<Result>(
  directory: string,
  options: Partial<RecordWriterOptions>,
  work: (writer: RecordWriter) => Promise<Result>,
): Promise<Result> {
  const writer = await openWriter(directory, options);
  try {
    return await work(writer);
  } finally {
    await writer.close();
  }
}

/** Everything that a reader sees. */
export async function readAll(directory: string): Promise<readonly StoredEntry[]> {
  return collect(new RecordReader(directory).entries());
}

/** All that a generator yields. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const collected: Item[] = [];
  for await (const item of items) {
    collected.push(item);
  }
  return collected;
}

/** The events among it. */
export async function readEvents(directory: string): Promise<readonly EventEntry[]> {
  return (await readAll(directory)).flatMap(({ entry }) => (entry.kind === 'event' ? [entry] : []));
}

/** The files that make up a record: its segments in order, then the head. */
export async function recordFiles(
  directory: string,
): Promise<readonly { readonly name: string; readonly bytes: Buffer }[]> {
  const names = [...segmentsOf(await readdir(directory)).map(({ name }) => name), headName];
  return Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(directory, name)) })));
}
