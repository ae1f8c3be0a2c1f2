import type { StoredMessage } from '@sentinel-forge/contracts';
import fc from 'fast-check';
import { inOrderOfTime, PagedQueue } from './merge-pages.js';

const message = (stream: string, sequence: number, storedAtMs: number): StoredMessage => ({
  stream,
  sequence,
  storedAtMs,
  subject: 'x',
  headers: undefined,
  payload: new Uint8Array(),
});

/** A stream whose messages were stored at the given times, in pages of three. */
function paged(stream: string, times: readonly number[]): PagedQueue {
  const rest = times.map((time, index) => message(stream, index + 1, time));
  return new PagedQueue({ nextPage: async () => rest.splice(0, 3) });
}

async function readAll(queues: readonly PagedQueue[]): Promise<readonly StoredMessage[]> {
  const read: StoredMessage[] = [];
  for (;;) {
    await Promise.all(queues.map((queue) => queue.fill()));
    if (queues.every(({ isEmpty }) => isEmpty)) {
      return read;
    }
    read.push(...inOrderOfTime(queues));
  }
}

it('tells the history of several streams in the order of time, whatever the pages are, each message once', async () => {
  const times = fc
    .array(fc.integer({ min: 0, max: 40 }), { maxLength: 20 })
    .map((list) => list.sort((one, other) => one - other));
  await fc.assert(
    fc.asyncProperty(fc.array(times, { minLength: 1, maxLength: 4 }), async (streams) => {
      const read = await readAll(streams.map((list, index) => paged(`S${index}`, list)));
      expect(read.map(({ storedAtMs }) => storedAtMs)).toEqual(streams.flat().sort((one, other) => one - other));
      for (const [index, list] of streams.entries()) {
        const own = read.filter(({ stream }) => stream === `S${index}`);
        expect(own.map(({ sequence }) => sequence)).toEqual(list.map((_, place) => place + 1));
      }
    }),
  );
});

it('waits for the next page of a stream before it tells what another one held later', async () => {
  const queues = [paged('A', [1, 2, 3, 4]), paged('B', [10])];
  await Promise.all(queues.map((queue) => queue.fill()));
  expect([...inOrderOfTime(queues)].map(({ storedAtMs }) => storedAtMs)).toEqual([1, 2, 3]);
});
