import { createHash } from 'node:crypto';
import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { events, openWriter, RecordLab, readAll, recordFiles, withWriter } from '../testing/record-lab.js';
import { verificationExitCodes } from '../verification/verification.js';
import { verifyRecord } from '../verification/verify-record.js';
import { headName, segmentName } from './format.js';
import { formatHead } from './head.js';
import { RecordReader } from './record-reader.js';

let lab: RecordLab;

beforeAll(async () => {
  lab = await RecordLab.create();
});
afterAll(() => lab[Symbol.asyncDispose]());

const lastHash = async (directory: string): Promise<string> => {
  const head = await readFile(join(directory, headName), 'latin1');
  return head.trim().split(' ').at(-1) ?? '';
};

/** A record of ours that a newer version has gone on with: a segment of its own format, and what comes with it. */
async function newerRecord(head: 'newer' | 'missing' | 'ours'): Promise<string> {
  const directory = lab.directory();
  await withWriter(directory, { rotateEntries: 3 }, (writer) => writer.append(events(1, 3)));
  const previous = await lastHash(directory);
  const leaf = JSON.stringify({ n: 5, kind: 'segment', format: 'forge-record/2', record: 'r', previous, shards: 7 });
  const hash = createHash('sha256').update(Buffer.from(previous, 'hex')).update(leaf).digest('hex');
  await writeFile(join(directory, segmentName(5)), `${hash} ${leaf}\n`);
  await appendFile(join(directory, segmentName(5)), 'what only the newer version understands\n');
  if (head === 'missing') {
    await rm(join(directory, headName));
  } else if (head === 'newer') {
    await writeFile(join(directory, headName), 'forge-record/2 something else\n');
  }
  return directory;
}

const files = async (directory: string) =>
  Promise.all(
    (await readdir(directory)).sort().map(async (name) => [name, await readFile(join(directory, name), 'latin1')]),
  );

const namesEverything = (file: string) =>
  expect.objectContaining({
    code: 'FORGE_DATA_NEWER',
    message: expect.stringMatching(
      new RegExp(`${file} .*forge-record/2.*forge-record/1.*Start the newer version.*restore the backup`),
    ),
  });

describe.each([
  { head: 'newer', file: headName },
  { head: 'missing', file: segmentName(5) },
  { head: 'ours', file: segmentName(5) },
] as const)('a record of a newer version, its head $head', ({ head, file }) => {
  it('is refused by the writer, which names the file, both formats and the mend, and is left as it is', async () => {
    const directory = await newerRecord(head);
    const before = await files(directory);
    await expect(openWriter(directory)).rejects.toEqual(namesEverything(join(directory, file)));
    expect(await files(directory)).toEqual(before);
    // and the lock is not kept
    await expect(openWriter(directory)).rejects.toEqual(namesEverything(join(directory, file)));
  });

  it('is neither intact nor tampered for the verification, which ends with 3', async () => {
    const directory = await newerRecord(head);
    const verification = await verifyRecord(directory);
    expect(verification).toMatchObject({ verdict: 'newer', path: join(directory, file), format: 'forge-record/2' });
    expect(verificationExitCodes[verification.verdict]).toBe(3);
  });
});

it('is refused by the reader too', async () => {
  const directory = await newerRecord('newer');
  await expect(readAll(directory)).rejects.toEqual(namesEverything(join(directory, headName)));
  await expect(new RecordReader(directory).size()).rejects.toMatchObject({ code: 'FORGE_DATA_NEWER' });
});

it('is refused when a newer version has only opened it, and rewritten nothing but the head', async () => {
  const directory = lab.directory();
  await withWriter(directory, {}, (writer) => writer.append(events(1, 3)));
  const head = formatHead(4, await lastHash(directory)).replace('forge-record/1', 'forge-record/2');
  await writeFile(join(directory, headName), head);
  const before = await recordFiles(directory);
  await expect(openWriter(directory)).rejects.toEqual(namesEverything(join(directory, headName)));
  expect(await verifyRecord(directory)).toMatchObject({ verdict: 'newer' });
  expect(await recordFiles(directory)).toEqual(before);
});

it('is not what a record is taken for in which a format was changed that the chain contradicts', async () => {
  const directory = lab.directory();
  await withWriter(directory, {}, (writer) => writer.append(events(1, 3)));
  const path = join(directory, segmentName(0));
  await writeFile(path, (await readFile(path, 'latin1')).replace('forge-record/1', 'forge-record/2'), 'latin1');
  expect(await verifyRecord(directory)).toMatchObject({
    verdict: 'tampered',
    first: { file: segmentName(0), entry: 0 },
  });
});
