import { Readable } from 'node:stream';
import fc from 'fast-check';
import { captureLog } from './log-capture.js';

function frame(stream: 'stdout' | 'stderr', bytes: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream === 'stderr' ? 2 : 1;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

/** The same bytes, cut at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...ends]
    .map((start, index) => bytes.subarray(start, ends[index] ?? bytes.length))
    .filter((p) => p.length > 0);
}

const frames = fc.array(
  fc.record({ stream: fc.constantFrom<'stdout' | 'stderr'>('stdout', 'stderr'), text: fc.string({ unit: 'binary' }) }),
);

describe('captureLog', () => {
  it('puts a log together again however its frames are cut', async () => {
    await fc.assert(
      fc.asyncProperty(frames, fc.array(fc.nat()), async (log, places) => {
        const bytes = Buffer.concat(log.map(({ stream, text }) => frame(stream, Buffer.from(text))));
        const source = Readable.from(cut(bytes, places));
        const { entries, isTruncated } = await captureLog(source, { hasTty: false, maxBytes: 1_000_000 });
        expect(isTruncated).toBe(false);
        for (const wanted of ['stdout', 'stderr'] as const) {
          const said = log.filter(({ stream }) => stream === wanted).map(({ text }) => text);
          const kept = entries.filter(({ stream }) => stream === wanted).map(({ text }) => text);
          expect(kept.join('')).toBe(Buffer.from(said.join('')).toString());
        }
      }),
    );
  });

  it('keeps exactly the last bytes, and says that there was more', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.stringMatching(/^[ -~]{0,50}$/)), fc.nat(100), async (texts, maxBytes) => {
        const all = texts.join('');
        const source = Readable.from(texts.map((text) => frame('stdout', Buffer.from(text))));
        const { entries, isTruncated } = await captureLog(source, { hasTty: false, maxBytes });
        expect(entries.map(({ text }) => text).join('')).toBe(maxBytes === 0 ? '' : all.slice(-maxBytes));
        expect(isTruncated).toBe(all.length > maxBytes);
      }),
    );
  });

  it('takes what a terminal wrote as it is', async () => {
    const source = Readable.from([Buffer.from([1, 0, 0, 0]), Buffer.from('text')]);
    expect(await captureLog(source, { hasTty: true, maxBytes: 100 })).toEqual({
      entries: [{ stream: 'stdout', text: '\u0001\0\0\0text' }],
      isTruncated: false,
    });
  });
});
