import { createHash } from 'node:crypto';
import { appendFile, cp, mkdir, readdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { headName, segmentName, segmentsOf } from '../record/format.js';
import { event, events, RecordLab, recordFiles, withWriter } from '../testing/record-lab.js';
import { type Verification, verificationExitCodes } from './verification.js';
import { verifyRecord } from './verify-record.js';

let lab: RecordLab;
let original: string;
/** The segments of the original: 4 events each, and the last with 3. */
const firsts = [0, 6, 12, 18];
const entries = 22;

beforeAll(async () => {
  lab = await RecordLab.create();
  original = lab.directory();
  await withWriter(original, { rotateEntries: 4 }, async (writer) => {
    await writer.append(events(1, 9));
    await writer.append([event(10, { payload: Buffer.from('ß'.repeat(3000)) })]);
    await writer.append(events(11, 15));
  });
});
afterAll(() => lab[Symbol.asyncDispose]());

/** A copy of the record with one file changed. */
async function changed(name: string, change: (bytes: Buffer) => Buffer): Promise<string> {
  const directory = lab.directory();
  await cp(original, directory, { recursive: true });
  const path = join(directory, name);
  await writeFile(path, change(await readFile(path)));
  return directory;
}

async function changedLines(first: number, change: (lines: string[]) => readonly string[]): Promise<Verification> {
  return verifyRecord(
    await changed(segmentName(first), (bytes) => Buffer.from(change(bytes.toString().split(/(?<=\n)/)).join(''))),
  );
}

/** The number of the entry in whose line a byte stands, and where that line begins. */
function entryAt(first: number, bytes: Buffer, at: number): { readonly entry: number; readonly offset: number } {
  const before = bytes.subarray(0, at);
  return { entry: first + before.filter((byte) => byte === 0x0a).length, offset: before.lastIndexOf(0x0a) + 1 };
}

const place = fc.record({
  file: fc.nat(),
  at: fc.nat(),
  byte: fc.integer({ min: 0, max: 255 }),
  length: fc.integer({ min: 1, max: 3000 }),
});

/** Picks a byte anywhere in the record, each file as likely as any other. */
async function pick(file: number, at: number) {
  const files = await recordFiles(original);
  const { name = '', bytes = Buffer.alloc(0) } = files[file % files.length] ?? {};
  return { name, bytes, first: segmentsOf([name])[0]?.first, at: at % bytes.length };
}

/** Whether the change makes the head say that a newer version wrote it: then nothing can be said of the record. */
function isNewerFormat(name: string, at: number, byte: number): boolean {
  return name === headName && at === 'forge-record/'.length && byte > 0x31 && byte <= 0x39;
}

it('finds nothing wrong with a record as it was written', async () => {
  const progress: number[] = [];
  const verification = await verifyRecord(original, {
    onProgress: ({ bytes, totalBytes }) => progress.push(bytes / totalBytes),
  });
  expect(verification).toMatchObject({
    verdict: 'intact',
    entries,
    segments: 4,
    unfinishedBytes: 0,
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(progress.at(-1)).toBe(1);
  expect(verificationExitCodes[verification.verdict]).toBe(0);
});

describe('a single change anywhere', () => {
  it('of one byte into another is found, and the entry named', async () => {
    await fc.assert(
      fc.asyncProperty(place, async ({ file, at: where, byte }) => {
        const { name, bytes, first, at } = await pick(file, where);
        fc.pre(bytes[at] !== byte && !isNewerFormat(name, at, byte));
        const verification = await verifyRecord(await changed(name, (copy) => copy.fill(byte, at, at + 1)));
        expect(verification.verdict).toBe('tampered');
        expect(verificationExitCodes[verification.verdict]).toBe(1);
        if (first !== undefined) {
          expect(verification).toMatchObject({ first: { file: name, ...entryAt(first, bytes, at) } });
        }
      }),
      { numRuns: 250 },
    );
  }, 60_000);

  it('by a byte that comes in is found, and the entry named', async () => {
    await fc.assert(
      fc.asyncProperty(place, async ({ file, at: where, byte }) => {
        const { name, bytes, first, at } = await pick(file, where);
        const verification = await verifyRecord(
          await changed(name, (copy) => Buffer.concat([copy.subarray(0, at), Buffer.of(byte), copy.subarray(at)])),
        );
        expect(verification.verdict).toBe('tampered');
        if (first !== undefined) {
          expect(verification).toMatchObject({ first: { file: name, ...entryAt(first, bytes, at) } });
        }
      }),
      { numRuns: 120 },
    );
  }, 60_000);

  it('by bytes that go is found, and the entry named', async () => {
    await fc.assert(
      fc.asyncProperty(place, async ({ file, at: where, length }) => {
        const { name, bytes, first, at } = await pick(file, where);
        const verification = await verifyRecord(
          await changed(name, (copy) => Buffer.concat([copy.subarray(0, at), copy.subarray(at + length)])),
        );
        expect(verification.verdict).toBe('tampered');
        if (first !== undefined) {
          expect(verification).toMatchObject({ first: { file: name, ...entryAt(first, bytes, at) } });
        }
      }),
      { numRuns: 120 },
    );
  }, 60_000);

  it('of whole lines that go is found, and the first of them named', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...firsts),
        fc.nat(),
        fc.integer({ min: 1, max: 3 }),
        async (first, where, count) => {
          let entry = first;
          const verification = await changedLines(first, (lines) => {
            const index = where % lines.length;
            entry = first + index;
            return lines.toSpliced(index, count);
          });
          expect(verification).toMatchObject({
            verdict: 'tampered',
            first: { entry, reason: expect.stringMatching(/removed|truncated|tail-cut/) },
          });
        },
      ),
      { numRuns: 100 },
    );
  }, 60_000);

  it('of a segment that goes is found, and the first of its entries named', async () => {
    for (const first of firsts) {
      const directory = await changed(segmentName(first), (bytes) => bytes);
      await unlink(join(directory, segmentName(first)));
      const reason = first === 18 ? 'tail-cut' : 'segment-missing';
      expect(await verifyRecord(directory)).toMatchObject({ verdict: 'tampered', first: { entry: first, reason } });
    }
  });
});

describe('it says what was done', () => {
  const reasonOf = async (change: (lines: string[]) => readonly string[]): Promise<unknown> => {
    const verification = await changedLines(6, change);
    return verification.verdict === 'tampered' ? verification.first : verification;
  };

  it('when the content of an entry was edited', async () => {
    const edit = (lines: string[]) => lines.with(2, (lines[2] ?? '').replace('defend.auth', 'defend.file'));
    expect(await reasonOf(edit)).toMatchObject({
      file: segmentName(6),
      entry: 8,
      reason: 'edited',
      detail: expect.stringContaining('content'),
      expected: expect.stringMatching(/^[0-9a-f]{64}$/),
      actual: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('when only the stored hash was edited, and the entry is as it was', async () => {
    const edit = (lines: string[]) =>
      lines.with(
        2,
        (lines[2] ?? '').replace(/^./, (digit) => (digit === 'a' ? 'b' : 'a')),
      );
    expect(await reasonOf(edit)).toMatchObject({
      entry: 8,
      reason: 'edited',
      detail: expect.stringContaining('the entry itself is as it was'),
    });
  });

  it('when an entry was removed, moved, inserted or repeated', async () => {
    const line = (lines: readonly string[], index: number): string => lines[index] ?? '';
    expect(await reasonOf((lines) => lines.toSpliced(2, 1))).toMatchObject({ entry: 8, reason: 'removed' });
    expect(await reasonOf((lines) => lines.with(2, line(lines, 3)).with(3, line(lines, 2)))).toMatchObject({
      entry: 8,
      reason: 'moved',
    });
    expect(await reasonOf((lines) => lines.toSpliced(3, 0, line(lines, 2)))).toMatchObject({
      entry: 9,
      reason: 'inserted',
    });
    expect(await reasonOf((lines) => lines.toSpliced(3, 0, line(lines, 1)))).toMatchObject({
      entry: 9,
      reason: 'inserted',
    });
  });

  it('when a segment was cut, given another name, or put twice', async () => {
    expect(await changedLines(6, (lines) => lines.slice(0, -1))).toMatchObject({
      first: { file: segmentName(6), entry: 11, reason: 'segment-truncated' },
    });
    const renamed = await changed(segmentName(6), (bytes) => bytes);
    await rename(join(renamed, segmentName(6)), join(renamed, segmentName(7)));
    expect(await verifyRecord(renamed)).toMatchObject({
      verdict: 'tampered',
      first: { entry: 6, reason: 'segment-missing' },
    });
    const twice = await changed(segmentName(6), (bytes) => bytes);
    await cp(join(twice, segmentName(6)), join(twice, segmentName(7)));
    expect(await verifyRecord(twice)).toMatchObject({
      verdict: 'tampered',
      first: { file: segmentName(7), reason: 'segment-unexpected' },
    });
  });

  it('when the tail was cut, as long as the head still says more', async () => {
    for (const count of [1, 3, 4]) {
      const verification = await changedLines(18, (lines) => lines.slice(0, -count));
      expect(verification).toMatchObject({
        verdict: 'tampered',
        first: { entry: entries - count, reason: 'tail-cut' },
      });
    }
  });

  it('when the chain fits but the head does not', async () => {
    const directory = await changed(headName, (bytes) =>
      Buffer.from(
        bytes.toString().replace(/0022 ./, (text) => text.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))),
      ),
    );
    expect(await verifyRecord(directory)).toMatchObject({
      verdict: 'tampered',
      first: { file: headName, entry: 21, reason: 'head' },
    });
  });

  it('of every segment, not of the first bad one only', async () => {
    const directory = await changed(segmentName(6), (bytes) => bytes.fill('#', 400, 401));
    const other = join(directory, segmentName(18));
    await writeFile(other, (await readFile(other)).fill('#', 400, 401));
    expect(await verifyRecord(directory)).toMatchObject({
      findings: [{ file: segmentName(6) }, { file: segmentName(18) }],
    });
  });
});

it('lets nothing stand behind a seal, even if it fits the chain', async () => {
  const directory = lab.directory();
  await withWriter(directory, { rotateEntries: 2 }, (writer) => writer.append(events(1, 2)));
  const before = await verifyRecord(directory);
  const last = before.verdict === 'intact' ? before.hash : '';
  const leaf = '{"n":4,"kind":"event","stream":"DEFEND","seq":3}';
  const hash = createHash('sha256').update(Buffer.from(last, 'hex')).update(leaf).digest('hex');
  await appendFile(join(directory, segmentName(0)), `${hash} ${leaf}\n`);
  expect(await verifyRecord(directory)).toMatchObject({ verdict: 'tampered', first: { entry: 4 } });
  await withWriter(directory, {}, async (writer) => expect(writer.opening.damage).toMatchObject({ entry: 4 }));
});

it('takes an unfinished last line, which was never acknowledged, for what it is', async () => {
  const directory = await changed(segmentName(18), (bytes) => Buffer.concat([bytes, Buffer.from('0123abc')]));
  expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact', entries, unfinishedBytes: 7 });
});

it('says that it cannot read what it cannot read', async () => {
  const empty = lab.directory();
  await mkdir(empty);
  const broken = await changed(headName, (bytes) => bytes);
  await rm(join(broken, segmentName(6)));
  await mkdir(join(broken, segmentName(6)));
  for (const directory of [lab.directory(), empty, broken]) {
    const verification = await verifyRecord(directory);
    expect(verification).toMatchObject({ verdict: 'unreadable', detail: expect.any(String) });
    expect(verificationExitCodes[verification.verdict]).toBe(4);
  }
  expect(await readdir(empty)).toEqual([]);
});
