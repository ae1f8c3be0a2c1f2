import fc from 'fast-check';
import { event, plain } from '../testing/record-lab.js';
import { decodeEntry } from './entry.js';
import { encodeEvent } from './event-encoding.js';
import { mostLeafBytes } from './format.js';

const anyBytes = fc.uint8Array({ maxLength: 200 });
const anyJson = fc.json().map((json) => Buffer.from(json));
const prettyJson = fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value, undefined, 2)));
// What takes most room: characters that JSON writes as six.
const large = fc
  .tuple(fc.constantFrom('\u0000', 'a', 'ß', '😀', '"', '\u2028'), fc.integer({ min: 20_000, max: 120_000 }))
  .map(([char, count]) => char.repeat(count));
const payload = fc.oneof(
  anyBytes,
  anyJson,
  prettyJson,
  large.map((text) => Buffer.from(text)),
  large.map((text) => Buffer.from(JSON.stringify({ text }))),
);

const decode = (leaf: string): unknown => decodeEntry(Buffer.from(leaf));

describe('the leaves of an event', () => {
  it('are lines of JSON that fit, numbered without gaps, whatever the event holds', () => {
    fc.assert(
      fc.property(payload, fc.string(), fc.string({ unit: 'binary', maxLength: 3000 }), (bytes, id, name) => {
        const leaves = encodeEvent(
          41,
          event(7, { payload: bytes, id: id + name, subject: name, source: name, traceId: id }),
          plain,
        );
        for (const [index, leaf] of leaves.entries()) {
          expect(Buffer.byteLength(leaf)).toBeLessThanOrEqual(mostLeafBytes);
          expect(leaf).not.toMatch(/[\r\n\0]/);
          expect(leaf.startsWith(`{"n":${41 + index},"kind":"${index === leaves.length - 1 ? 'event' : 'part'}"`)).toBe(
            true,
          );
          expect(decode(leaf)).toMatchObject({ n: 41 + index });
        }
      }),
    );
  });

  it('hold the whole payload, in parts before the event when it is large', () => {
    fc.assert(
      fc.property(payload, (bytes) => {
        const leaves = encodeEvent(0, event(1, { payload: bytes }), plain).map(decode);
        const last = leaves.at(-1) as { data?: unknown; text?: string; parts?: number };
        const joined = leaves
          .slice(0, -1)
          .map((part) => (part as { text: string }).text)
          .join('');
        const text = Buffer.from(bytes).toString();
        if (last.parts === undefined) {
          expect(last.text ?? (last.data === undefined ? '' : last.data)).toEqual(
            last.text === undefined && text !== '' ? JSON.parse(text) : text,
          );
        } else {
          expect(last.parts).toBe(leaves.length - 1);
          expect(joined).toBe(text.replaceAll(/[\r\n]/g, ' '));
        }
      }),
    );
  });

  it('keep the bytes of the JSON as it came', () => {
    const [leaf] = encodeEvent(
      0,
      event(1, { payload: Buffer.from('{ "n":12345678901234567890,\n"a":1.10,"a":2 }') }),
      plain,
    );
    expect(leaf).toContain('"data":{ "n":12345678901234567890, "a":1.10,"a":2 }}');
  });

  it('say how many values were hidden, and hold what the redactor made of payload, id and source', () => {
    const star = (value: string) => ({ value: value.replaceAll('x', '*'), hidden: value.split('x').length - 1 });
    const given = event(1, { payload: Buffer.from('{"a":"xx"}'), id: 'x1', source: 'x2' });
    const [leaf = ''] = encodeEvent(0, given, { json: star, text: star });
    expect(decode(leaf)).toMatchObject({ hidden: 4, data: { a: '**' }, id: '*1', source: '*2' });
  });
});
