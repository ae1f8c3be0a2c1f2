import { open } from 'node:fs/promises';
import fc from 'fast-check';
import { born, event, events, openWriter, RecordLab, readAll, readEvents, withWriter } from '../testing/record-lab.js';
import { verifyRecord } from '../verification/verify-record.js';
import type { RecordableEvent } from './event-encoding.js';
import { headName } from './format.js';
import type { OpenFile } from './head.js';
import { RecordReader } from './record-reader.js';
import type { Rotation } from './record-writer.js';

let lab: RecordLab;
beforeAll(async () => {
  lab = await RecordLab.create();
});
afterAll(() => lab[Symbol.asyncDispose]());

const sequences = async (directory: string): Promise<readonly number[]> =>
  (await readEvents(directory)).map(({ seq }) => seq);

describe('a record', () => {
  it('holds every event once and in order, over any batches, rotations, repetitions and restarts', async () => {
    const step = fc.record({
      stream: fc.constantFrom('DEFEND', 'LOG'),
      born: fc.constantFrom(born, '2026-02-01T00:00:00Z'),
      size: fc.integer({ min: 0, max: 12 }),
      repeat: fc.integer({ min: 0, max: 5 }),
      isRestart: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 15 }),
        fc.integer({ min: 1, max: 20 }),
        async (steps, rotateEntries) => {
          const directory = lab.directory();
          const expected: string[] = [];
          const last = new Map<string, number>();
          let rotated = 0;
          const options = { rotateEntries, onRotate: () => (rotated += 1) };
          let writer = await openWriter(directory, options);
          for (const { stream, born: incarnation, size, repeat, isRestart } of steps) {
            const key = `${stream}@${incarnation}`;
            const before = last.get(key) ?? 0;
            expect(writer.cursor(stream, incarnation)).toBe(before);
            const from = Math.max(1, before - repeat + 1);
            const batch = events(from, before + size, { stream, born: incarnation });
            const appended = await writer.append(batch);
            expect(appended).toEqual({ recorded: size, skipped: before - from + 1 });
            expected.push(...Array.from({ length: size }, (_, index) => `${key}:${before + index + 1}`));
            last.set(key, before + size);
            if (isRestart) {
              await writer.close();
              writer = await openWriter(directory, options);
              expect(writer.opening).toEqual({ cutBytes: 0, damage: undefined });
            }
          }
          const { end } = writer;
          await writer.close();
          const recorded = (await readEvents(directory)).map((one) => `${one.stream}@${one.born}:${one.seq}`);
          expect(recorded).toEqual(expected);
          expect(rotated).toBe(Math.floor(expected.length / rotateEntries));
          expect(await verifyRecord(directory)).toMatchObject(
            end.entries === 0 ? { verdict: 'intact' } : { verdict: 'intact', ...end, unfinishedBytes: 0 },
          );
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  it('tells of each rotation the hash that the next segment goes on from', async () => {
    const directory = lab.directory();
    const rotations: Rotation[] = [];
    await withWriter(directory, { rotateEntries: 3, onRotate: (one) => rotations.push(one) }, (writer) =>
      writer.append(events(1, 7)),
    );
    const entries = await readAll(directory);
    const headers = entries.flatMap(({ entry, number }) =>
      entry.kind === 'segment' ? [{ number, previous: entry.previous }] : [],
    );
    expect(rotations.map(({ entries: count, hash }) => ({ number: count, previous: hash }))).toEqual(headers.slice(1));
    expect(rotations.map(({ events: count, first }) => [count, first])).toEqual([
      [3, 0],
      [3, 5],
    ]);
    expect(entries.map(({ entry }) => entry.kind).join(' ')).toBe(
      'segment event event event seal segment event event event seal segment event',
    );
  });

  it('takes a stream that was deleted and made again for another one', async () => {
    const directory = lab.directory();
    const again = { born: '2026-03-01T00:00:00Z' };
    await withWriter(directory, {}, async (writer) => {
      await writer.append(events(1, 5));
      expect(await writer.append(events(1, 2, again))).toEqual({ recorded: 2, skipped: 0 });
      expect(writer.cursors).toEqual({ DEFEND: { [born]: 5, [again.born]: 2 } });
    });
  });

  it('keeps payloads that do not fit into one entry whole', async () => {
    const directory = lab.directory();
    const data = { text: '\u0000ß😀'.repeat(50_000) };
    const given: readonly RecordableEvent[] = [
      event(1, { payload: Buffer.from(JSON.stringify(data)) }),
      event(2),
      event(3, { payload: Buffer.from('no JSON '.repeat(20_000)) }),
    ];
    await withWriter(directory, { rotateEntries: 1 }, (writer) => writer.append(given));
    const [first, second, third] = await readEvents(directory);
    expect(first?.data).toEqual(data);
    expect(second?.data).toEqual({ sequence: 2 });
    expect(third?.text).toBe('no JSON '.repeat(20_000));
    expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact' });
  });

  it('refuses a batch that is not in the order of its stream, instead of losing events', async () => {
    const directory = lab.directory();
    await withWriter(directory, {}, async (writer) => {
      await expect(writer.append([event(2), event(1)])).rejects.toMatchObject({ code: 'FORGE_RECORD_ORDER' });
      expect(await writer.append(events(1, 2))).toEqual({ recorded: 2, skipped: 0 });
    });
  });
});

it('keeps nothing of a batch that could not be taken down', async () => {
  const directory = lab.directory();
  let isFailing = true;
  const redact = (value: string) => {
    if (isFailing && value.includes('3')) {
      throw new Error('a mistake in a redactor');
    }
    return { value, hidden: 0 };
  };
  await withWriter(directory, { redactor: { json: redact, text: redact } }, async (writer) => {
    await expect(writer.append(events(1, 4))).rejects.toThrow('a mistake');
    isFailing = false;
    expect(await writer.append(events(1, 4))).toEqual({ recorded: 4, skipped: 0 });
  });
  expect(await sequences(directory)).toEqual([1, 2, 3, 4]);
  expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact' });
});

it('lets batches that arrive together share a sync', async () => {
  let syncs = 0;
  const openFile: OpenFile = async (path, flags, mode) => {
    const handle = await open(path, flags, mode);
    const datasync = handle.datasync.bind(handle);
    handle.datasync = () => {
      syncs += 1;
      return datasync();
    };
    return handle;
  };
  await withWriter(lab.directory(), { openFile }, async (writer) => {
    const appended = await Promise.all(events(1, 100).map((one) => writer.append([one])));
    expect(appended).toHaveLength(100);
    // The first goes alone; all that came meanwhile go together.
    expect(syncs).toBe(2);
  });
});

it('begins another segment when the file of a sealed one cannot even be closed', async () => {
  const openFile: OpenFile = async (path, flags, mode) => {
    const handle = await open(path, flags, mode);
    const close = handle.close.bind(handle);
    let isClosed = false;
    handle.close = async () => {
      if (!isClosed) {
        isClosed = true;
        await close();
        throw Object.assign(new Error('EIO: i/o error, close'), { code: 'EIO' });
      }
    };
    return handle;
  };
  const directory = lab.directory();
  const writer = await openWriter(directory, { rotateEntries: 2, openFile });
  await writer.append(events(1, 2)).catch(() => undefined);
  await writer.append(events(1, 3)).catch(() => undefined);
  await writer.close().catch(() => undefined);
  expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact', segments: 2 });
  expect(await sequences(directory)).toEqual([1, 2, 3]);
});

describe('the lock', () => {
  it('lets one writer at a time have a directory', async () => {
    const directory = lab.directory();
    const writer = await openWriter(directory);
    await expect(openWriter(directory)).rejects.toMatchObject({ code: 'FORGE_RECORD_LOCKED' });
    await writer.close();
    await withWriter(directory, {}, (next) => next.append(events(1, 1)));
  });
});

describe('a full disk', () => {
  /** Writes until so many bytes are used in all, then fails as a full disk does: in the middle. */
  class SmallDisk {
    freeBytes = Number.POSITIVE_INFINITY;
    readonly openFile: OpenFile = async (path, flags, mode) => {
      const handle = await open(path, flags, mode);
      const write = handle.write.bind(handle) as (
        buffer: Buffer,
        offset: number,
        length: number,
        at: number,
      ) => Promise<{ bytesWritten: number }>;
      // The head is overwritten in place, within one block: all of it or nothing.
      const isHead = path.endsWith(headName);
      const limited = async (buffer: Buffer, offset: number, length: number = buffer.length, at: number) => {
        const fitting = isHead && length > this.freeBytes ? 0 : Math.min(length, this.freeBytes);
        if (fitting === 0) {
          throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
        }
        this.freeBytes -= fitting;
        return write(buffer, offset, fitting, at);
      };
      handle.write = limited as unknown as typeof handle.write;
      return handle;
    };
  }

  it('is told as such, loses nothing that was acknowledged, and recording goes on when there is room', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 6 }),
        async (rooms, rotateEntries) => {
          const directory = lab.directory();
          const disk = new SmallDisk();
          const writer = await openWriter(directory, { rotateEntries, openFile: disk.openFile });
          for (const room of rooms) {
            disk.freeBytes = room;
            const before = writer.cursor('DEFEND', born);
            const outcome = await writer.append(events(1, before + 4)).catch((error: unknown) => error);
            if (outcome instanceof Error) {
              expect(outcome).toMatchObject({ code: 'FORGE_RECORD_DISK_FULL', isRetryable: true });
            }
            expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact', unfinishedBytes: 0 });
            // What reached the disk when the head did not is recorded, and seen as soon as the head says so.
            const seen = await sequences(directory);
            expect(seen).toEqual(events(1, seen.length).map(({ sequence }) => sequence));
            expect(seen.length).toBeLessThanOrEqual(writer.cursor('DEFEND', born));
            if (!(outcome instanceof Error)) {
              expect(seen.length).toBe(writer.cursor('DEFEND', born));
            }
          }
          disk.freeBytes = Number.POSITIVE_INFINITY;
          const last = writer.cursor('DEFEND', born) + 3;
          await writer.append(events(1, last));
          await writer.close();
          expect(await sequences(directory)).toEqual(events(1, last).map(({ sequence }) => sequence));
          expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact' });
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  it('is not confused with a disk that fails: after that nothing is written until the record is opened anew', async () => {
    const directory = lab.directory();
    let isFailing = false;
    const openFile: OpenFile = async (path, flags, mode) => {
      const handle = await open(path, flags, mode);
      const datasync = handle.datasync.bind(handle);
      handle.datasync = () =>
        isFailing ? Promise.reject(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })) : datasync();
      return handle;
    };
    const writer = await openWriter(directory, { openFile });
    await writer.append(events(1, 2));
    isFailing = true;
    await expect(writer.append(events(3, 4))).rejects.toMatchObject({ code: 'FORGE_RECORD_UNWRITABLE' });
    isFailing = false;
    await expect(writer.append(events(3, 4))).rejects.toMatchObject({ code: 'FORGE_RECORD_UNWRITABLE' });
    await writer.close();
    await withWriter(directory, {}, (next) => next.append(events(1, 4)));
    expect(await sequences(directory)).toEqual([1, 2, 3, 4]);
    expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact' });
  });
});

it('can be verified and read while it is written', async () => {
  const directory = lab.directory();
  await withWriter(directory, { rotateEntries: 500 }, async (writer) => {
    let isDone = false;
    const writing = (async () => {
      for (let batch = 0; batch < 60; batch += 1) {
        await writer.append(events(batch * 100 + 1, batch * 100 + 100));
      }
      isDone = true;
    })();
    let verifications = 0;
    while (!isDone) {
      const { entries } = writer.end;
      const verification = await verifyRecord(directory);
      expect(verification).toMatchObject({ verdict: entries === 0 ? expect.any(String) : 'intact' });
      expect('entries' in verification ? verification.entries : 0).toBeGreaterThanOrEqual(entries);
      expect(await new RecordReader(directory).size()).toBeGreaterThanOrEqual(entries);
      verifications += 1;
    }
    await writing;
    expect(verifications).toBeGreaterThan(1);
  });
  expect(await sequences(directory)).toHaveLength(6000);
});
