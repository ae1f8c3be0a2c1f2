import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { born, openWriter, RecordLab, readEvents } from '../testing/record-lab.js';
import { verifyRecord } from '../verification/verify-record.js';

let lab: RecordLab;
beforeAll(async () => {
  lab = await RecordLab.create();
});
afterAll(() => lab[Symbol.asyncDispose]());

const writerModule = new URL('../../dist/record/record-writer.js', import.meta.url).href;
const rotateEntries = 400;

// Records batches of all sizes as fast as it can, and says after each up to where it was acknowledged.
const program = `
const { RecordWriter } = await import(${JSON.stringify(writerModule)});
const plain = (value) => ({ value, hidden: 0 });
const writer = await RecordWriter.open(process.argv[1], { rotateEntries: ${rotateEntries}, redactor: { json: plain, text: plain } });
if (writer.opening.damage !== undefined) throw new Error(JSON.stringify(writer.opening.damage));
const born = ${JSON.stringify(born)};
let next = writer.cursor('DEFEND', born) + 1;
process.stdout.write('open ' + (next - 1) + '\\n');
for (;;) {
  const batches = [1, 1 + (next % 7), 1 + (next % 211)].map((size) => Array.from({ length: size }, () => ({
    stream: 'DEFEND', sequence: next, born, subject: 'defend.auth', id: 'DEFEND:' + next, time: '2026-01-01T00:00:01.000Z',
    payload: Buffer.from(JSON.stringify({ sequence: next++, text: 'x'.repeat(next % 97 === 0 ? 150000 : next % 3000) })),
  })));
  await Promise.all(batches.map((batch) => writer.append(batch).then(() => process.stdout.write('ack ' + batch.at(-1).sequence + '\\n'))));
}`;

type Child = ChildProcessByStdio<null, Readable, null>;

function startWriter(directory: string): Child {
  return spawn(process.execPath, ['--input-type=module', '-e', program, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Lets a writer run until it has said so many lines, and kills it. Tells what it said, also between the decision and its death. */
async function runAndKill(
  directory: string,
  lines: number,
  spins: number,
): Promise<{ readonly opened: number; readonly acknowledged: number }> {
  const child = startWriter(directory);
  const exit = once(child, 'exit');
  let heard = 0;
  let opened = -1;
  let acknowledged = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [what, number] = line.split(' ');
    if (what === 'open') {
      opened = Number(number);
    } else {
      acknowledged = Math.max(acknowledged, Number(number));
    }
    heard += 1;
    if (heard === lines) {
      // The child is in the middle of something by now; where in it, the turns of this loop decide.
      for (let spin = 0; spin < spins; spin += 1) {
        performance.now();
      }
      child.kill('SIGKILL');
    }
  }
  const [code, signal] = (await exit) as [number | null, NodeJS.Signals | null];
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' });
  return { opened, acknowledged: Math.max(acknowledged, opened) };
}

it('loses nothing that was acknowledged and records nothing twice, killed at any moment, again and again', async () => {
  const directory = lab.directory();
  let acknowledged = 0;
  for (let round = 0; round < 40; round += 1) {
    const outcome = await runAndKill(directory, 1 + ((round * 7) % 23), (round * 7919) % 50_000);
    expect(outcome.opened).toBeGreaterThanOrEqual(acknowledged);
    acknowledged = outcome.acknowledged;
    expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact' });
  }
  const writer = await openWriter(directory);
  expect(writer.opening.damage).toBeUndefined();
  const cursor = writer.cursor('DEFEND', born);
  await writer.close();
  expect(cursor).toBeGreaterThanOrEqual(acknowledged);

  const recorded = await readEvents(directory);
  expect(recorded.map(({ seq }) => seq)).toEqual(Array.from({ length: cursor }, (_, index) => index + 1));
  expect(
    recorded.every(
      ({ seq, data }) => typeof data === 'object' && data !== null && 'sequence' in data && data.sequence === seq,
    ),
  ).toBe(true);
  expect(cursor).toBeGreaterThan(rotateEntries * 2);
  expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact', unfinishedBytes: 0 });
}, 120_000);

it('leaves a lock that the next writer can take at once', async () => {
  const directory = lab.directory();
  const child = startWriter(directory);
  const exit = once(child, 'exit');
  await once(child.stdout, 'data');
  await expect(openWriter(directory)).rejects.toMatchObject({ code: 'FORGE_RECORD_LOCKED' });
  child.kill('SIGKILL');
  await exit;
  await (await openWriter(directory)).close();
});
