import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { collect, event, events, openWriter, RecordLab, withWriter } from '../testing/record-lab.js';
import { headName, segmentName } from './format.js';
import { type ReadOptions, RecordReader } from './record-reader.js';

let lab: RecordLab;
beforeAll(async () => {
  lab = await RecordLab.create();
});
afterAll(() => lab[Symbol.asyncDispose]());

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

async function sequencesOf(directory: string, options: ReadOptions = {}): Promise<readonly number[]> {
  const read = await collect(new RecordReader(directory).entries(options));
  return read.flatMap(({ entry }) => (entry.kind === 'event' ? [entry.seq] : []));
}

const to = (last: number): readonly number[] => events(1, last).map(({ sequence }) => sequence);

it('reads from any entry on, over segments', async () => {
  const directory = lab.directory();
  await withWriter(directory, { rotateEntries: 4 }, (writer) => writer.append(events(1, 10)));
  const all = await collect(new RecordReader(directory).entries());
  expect(all.map(({ number }) => number)).toEqual(all.map((_, index) => index));
  for (const { number } of all) {
    expect(await collect(new RecordReader(directory).entries({ from: number }))).toEqual(all.slice(number));
  }
  expect(await new RecordReader(directory).size()).toBe(all.length);
});

it('finds the events of one trace, with payloads that stand in parts', async () => {
  const directory = lab.directory();
  const large = { text: 'x'.repeat(200_000) };
  await withWriter(directory, { rotateEntries: 3 }, (writer) =>
    writer.append([
      ...events(1, 4),
      event(5, { traceId, payload: Buffer.from(JSON.stringify(large)) }),
      event(6, { payload: Buffer.from(JSON.stringify(large)) }),
      event(7, { traceId }),
      event(8, { payload: Buffer.from(JSON.stringify({ trace: traceId })), traceId: 'f'.repeat(32) }),
    ]),
  );
  const found = await collect(new RecordReader(directory).entries({ traceId }));
  const own = found.flatMap(({ entry }) => (entry.kind === 'event' ? [entry] : []));
  expect(own.map(({ seq }) => seq)).toEqual([5, 7]);
  expect(own[0]?.data).toEqual(large);
});

it('reads more than fits into memory at once', async () => {
  const directory = lab.directory();
  const payload = Buffer.from(JSON.stringify({ text: 'x'.repeat(10_000) }));
  await withWriter(directory, {}, (writer) => writer.append(events(1, 500, { payload })));
  expect(await sequencesOf(directory)).toEqual(to(500));
});

it('gives the exact bytes that were hashed', async () => {
  const directory = lab.directory();
  await withWriter(directory, {}, (writer) =>
    writer.append([event(1, { payload: Buffer.from('{"n":12345678901234567890}') })]),
  );
  const leaves = await collect(new RecordReader(directory).leaves({ from: 1 }));
  expect(leaves.map(({ leaf }) => leaf.toString())).toEqual([
    expect.stringMatching(/"data":\{"n":12345678901234567890\}\}$/),
  ]);
});

describe('following', () => {
  it('sees each entry once and in order as it is recorded, over rotations', async () => {
    const directory = lab.directory();
    const writer = await openWriter(directory, { rotateEntries: 7 });
    await writer.append(events(1, 5));
    const stop = new AbortController();
    const seen: number[] = [];
    let recorded = 5;
    for await (const { entry } of new RecordReader(directory).entries({ follow: true, signal: stop.signal })) {
      if (entry.kind === 'event') {
        seen.push(entry.seq);
      }
      if (seen.length === recorded && recorded < 60) {
        // Only when all is seen does more come: each time the reader has to notice.
        recorded += 5;
        void writer.append(events(recorded - 4, recorded));
      }
      if (seen.length === 60) {
        stop.abort();
      }
    }
    expect(seen).toEqual(to(60));
    await writer.close();
  });

  it('ends when aborted while it waits', async () => {
    const directory = lab.directory();
    await withWriter(directory, {}, (writer) => writer.append(events(1, 2)));
    const stop = new AbortController();
    const reading = new RecordReader(directory).entries({ follow: true, signal: stop.signal });
    await reading.next();
    await reading.next();
    await reading.next();
    const next = reading.next();
    stop.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});

it('sees nothing that was not acknowledged', async () => {
  const directory = lab.directory();
  await withWriter(directory, {}, (writer) => writer.append(events(1, 2)));
  const lines = `${'0'.repeat(64)} {"n":3,"kind":"event","seq":3}\n`;
  await appendFile(join(directory, segmentName(0)), lines);
  expect(await sequencesOf(directory)).toEqual([1, 2]);
});

it('passes over what is no entry in a damaged record', async () => {
  const directory = lab.directory();
  await withWriter(directory, { rotateEntries: 2 }, (writer) => writer.append(events(1, 4)));
  await writeFile(join(directory, segmentName(0)), 'rubbish\n'.repeat(3));
  await writeFile(join(directory, headName), 'rubbish');
  expect(await sequencesOf(directory)).toEqual([3, 4]);
});

it('says that there is nothing to read', async () => {
  await expect(sequencesOf(lab.directory())).rejects.toMatchObject({ code: 'FORGE_RECORD_UNREADABLE' });
});
