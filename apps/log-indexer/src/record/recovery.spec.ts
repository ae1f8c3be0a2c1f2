import { appendFile, readdir, readFile, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  born,
  events,
  openWriter,
  RecordLab,
  readAll,
  readEvents,
  recordFiles,
  withWriter,
} from '../testing/record-lab.js';
import { verifyRecord } from '../verification/verify-record.js';
import { headName, segmentName, segmentsOf } from './format.js';
import type { Opening } from './record-writer.js';

let lab: RecordLab;
beforeAll(async () => {
  lab = await RecordLab.create();
});
afterAll(() => lab[Symbol.asyncDispose]());

/** Opens and closes a record, and tells what had to be mended. */
const reopen = (directory: string): Promise<Opening> =>
  withWriter(directory, {}, (writer) => Promise.resolve(writer.opening));

const sequences = async (directory: string): Promise<readonly number[]> =>
  (await readEvents(directory)).map(({ seq }) => seq);

const to = (last: number): readonly number[] => events(1, last).map(({ sequence }) => sequence);

/** A record of some events, and what its files were before the last batch: its head says no more than was acknowledged. */
async function recordWithPending(directory: string, acknowledged: number, pending: number, rotateEntries: number) {
  await withWriter(directory, { rotateEntries }, (writer) => writer.append(events(1, acknowledged)));
  const before = await recordFiles(directory);
  await withWriter(directory, { rotateEntries }, (writer) => writer.append(events(1, acknowledged + pending)));
  await writeFile(join(directory, headName), before.at(-1)?.bytes ?? '');
  return before;
}

describe('a write that was torn before it was acknowledged', () => {
  it('is cut back to the last whole entry, wherever it was torn', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 8 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat({ max: 10_000 }),
        async (acknowledged, pending, share) => {
          const directory = lab.directory();
          const before = await recordWithPending(directory, acknowledged, pending, 1000);
          const segment = join(directory, segmentName(0));
          const kept = acknowledged === 0 ? 0 : (before[0]?.bytes.length ?? 0);
          const written = (await readFile(segment)).length;
          const length = kept + Math.round((share / 10_000) * (written - kept));
          await truncate(segment, length);

          const torn = await readFile(segment);
          const whole = torn.lastIndexOf(0x0a) + 1;
          const { cutBytes, damage } = await reopen(directory);
          expect({ cutBytes, damage }).toEqual({ cutBytes: whole === 0 ? 0 : length - whole, damage: undefined });
          // A segment without its first entry begins anew; of any other nothing whole is lost.
          expect(whole === 0 || (await readFile(segment)).subarray(0, whole).equals(torn.subarray(0, whole))).toBe(
            true,
          );

          await withWriter(directory, {}, (writer) => {
            expect(writer.cursor('DEFEND', born)).toBeGreaterThanOrEqual(acknowledged);
            return writer.append(events(1, acknowledged + pending));
          });
          expect(await sequences(directory)).toEqual(to(acknowledged + pending));
          expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact' });
          const kinds = (await readAll(directory)).map(({ entry }) => entry.kind);
          expect(kinds.filter((kind) => kind === 'tail-cut')).toHaveLength(cutBytes > 0 ? 1 : 0);
        },
      ),
      { numRuns: 50 },
    );
  }, 60_000);

  it('may leave a hole of zero bytes', async () => {
    const directory = lab.directory();
    const before = await recordWithPending(directory, 3, 5, 1000);
    const segment = join(directory, segmentName(0));
    const bytes = await readFile(segment);
    bytes.fill(0, (before[0]?.bytes.length ?? 0) + 100, bytes.length - 300);
    await writeFile(segment, bytes);
    expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact', unfinishedBytes: expect.any(Number) });
    expect(await reopen(directory)).toMatchObject({ damage: undefined });
    await withWriter(directory, {}, (writer) => writer.append(events(1, 8)));
    expect(await sequences(directory)).toEqual(to(8));
    expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact' });
  });

  it('may leave a new segment without its first entry', async () => {
    for (const content of ['', 'abc']) {
      const directory = lab.directory();
      await withWriter(directory, { rotateEntries: 3 }, (writer) => writer.append(events(1, 3)));
      await writeFile(join(directory, segmentName(5)), content);
      expect(await reopen(directory)).toEqual({ cutBytes: 0, damage: undefined });
      await withWriter(directory, { rotateEntries: 3 }, (writer) => writer.append(events(1, 4)));
      expect(await sequences(directory)).toEqual(to(4));
      expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact', segments: 2 });
    }
  });
});

describe('damage', () => {
  it('is told; the file stays as it is, and everything goes on in a new segment that says so', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (count, rotateEntries, where, change) => {
          const directory = lab.directory();
          await withWriter(directory, { rotateEntries }, (writer) => writer.append(events(1, count)));
          const last = segmentsOf(await readdir(directory)).at(-1);
          const segment = join(directory, last?.name ?? '');
          const bytes = await readFile(segment);
          const at = where % bytes.length;
          bytes[at] = (bytes[at] ?? 0) ^ change;
          // A digit that makes it the format of a newer version is not damage that could be told as such.
          fc.pre(!/forge-record\/[2-9]"/.test(bytes.toString('latin1')));
          await writeFile(segment, bytes);
          const verified = await verifyRecord(directory);

          const writer = await openWriter(directory, { rotateEntries });
          const { damage } = writer.opening;
          expect(verified).toMatchObject({
            verdict: 'tampered',
            first: { file: damage?.file, entry: damage?.entry, offset: damage?.offset },
          });
          // A line feed that goes makes three entries doubtful. At the end of the record, such events are recorded again.
          const cursor = writer.cursor('DEFEND', born);
          expect(cursor).toBeLessThanOrEqual(count);
          expect(cursor).toBeGreaterThanOrEqual(count - 3);
          await writer.append(events(1, count + 2));
          await writer.close();

          expect(await readFile(segment)).toEqual(bytes);
          const recorded = new Set(await sequences(directory));
          expect(to(count + 2).filter((sequence) => !recorded.has(sequence)).length).toBeLessThanOrEqual(1);
          const told = (await readAll(directory)).filter(({ entry }) => entry.kind === 'damage');
          expect(told.map(({ entry }) => entry)).toEqual([expect.objectContaining({ damage })]);
          // It is found for ever, and only where it is.
          expect(await verifyRecord(directory)).toMatchObject({
            verdict: 'tampered',
            findings: [{ file: last?.name, entry: damage?.entry }],
          });
          expect(await reopen(directory)).toEqual({ cutBytes: 0, damage: undefined });
        },
      ),
      { numRuns: 50 },
    );
  }, 60_000);

  it('hides nothing but the entry it is in, also when it makes its number larger than any', async () => {
    const directory = lab.directory();
    await withWriter(directory, {}, (writer) => writer.append(events(1, 10)));
    const segment = join(directory, segmentName(0));
    const text = await readFile(segment, 'utf8');
    await writeFile(segment, text.replace('{"n":5,', '{"n":9999,'));
    expect(await sequences(directory)).toEqual(to(10).filter((sequence) => sequence !== 5));
  });

  it('is what a tail is that was cut behind an acknowledged entry: the events are recorded again', async () => {
    const directory = lab.directory();
    await withWriter(directory, {}, (writer) => writer.append(events(1, 10)));
    const segment = join(directory, segmentName(0));
    const lines = (await readFile(segment, 'utf8')).split('\n');
    await writeFile(segment, `${lines.slice(0, 6).join('\n')}\n`);
    await withWriter(directory, {}, async (writer) => {
      expect(writer.opening.damage).toMatchObject({
        file: segmentName(0),
        entry: 6,
        detail: expect.stringContaining('entries 6 to 10'),
      });
      expect(writer.cursor('DEFEND', born)).toBe(5);
      await writer.append(events(6, 10));
    });
    expect(await sequences(directory)).toEqual(to(10));
    expect(await verifyRecord(directory)).toMatchObject({
      verdict: 'tampered',
      findings: [{ entry: 6, reason: 'segment-truncated' }],
    });
  });

  it('is what a last segment is that is gone', async () => {
    const directory = lab.directory();
    await withWriter(directory, { rotateEntries: 3 }, (writer) => writer.append(events(1, 5)));
    await unlink(join(directory, segmentName(5)));
    await withWriter(directory, { rotateEntries: 3 }, async (writer) => {
      expect(writer.opening.damage).toMatchObject({ entry: 5 });
      await writer.append(events(1, 5));
    });
    expect(await sequences(directory)).toEqual(to(5));
    expect(await verifyRecord(directory)).toMatchObject({
      verdict: 'tampered',
      first: { entry: 5, reason: 'segment-missing' },
    });
  });

  it('is what a record is of which only the head is left', async () => {
    const directory = lab.directory();
    await withWriter(directory, {}, (writer) => writer.append(events(1, 5)));
    await unlink(join(directory, segmentName(0)));
    await withWriter(directory, {}, async (writer) => {
      expect(writer.opening.damage).toMatchObject({ file: headName, entry: 0 });
      await writer.append(events(1, 5));
    });
    expect(await sequences(directory)).toEqual(to(5));
    expect(await verifyRecord(directory)).toMatchObject({
      verdict: 'tampered',
      first: { entry: 0, reason: 'segment-missing' },
    });
  });

  it.each([
    ['missing', (head: string) => rm(head)],
    ['garbage', (head: string) => writeFile(head, 'x'.repeat(500))],
    ['longer', (head: string) => appendFile(head, 'x')],
  ])('is what a head is that is %s: it is told, and mended', async (_, spoil) => {
    const directory = lab.directory();
    await withWriter(directory, {}, (writer) => writer.append(events(1, 5)));
    await spoil(join(directory, headName));
    expect(await verifyRecord(directory)).toMatchObject({
      verdict: 'tampered',
      first: { file: headName, reason: 'head' },
    });
    expect((await reopen(directory)).damage).toMatchObject({ file: headName });
    expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact', entries: 7 });
    expect((await readAll(directory)).at(-1)?.entry).toMatchObject({ kind: 'damage' });
  });
});

it('does not read more than the last segment to start', async () => {
  const directory = lab.directory();
  await withWriter(directory, { rotateEntries: 3 }, (writer) => writer.append(events(1, 10, { stream: 'LOG' })));
  for (const { name } of segmentsOf(await readdir(directory)).slice(0, -1)) {
    await unlink(join(directory, name));
  }
  await withWriter(directory, { rotateEntries: 3 }, (writer) => {
    expect(writer.cursor('LOG', born)).toBe(10);
    return Promise.resolve();
  });
});
