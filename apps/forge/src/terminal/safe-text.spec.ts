import fc from 'fast-check';
import { safeJson, safeText } from './safe-text.js';

const harmful = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}\ufeff]/u;
// Any 16-bit units, so that halves of surrogate pairs and every control character come up.
const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0x1b, 0x9b, 0x0a, 0x0d, 0x202e, 0x2028)))
  .map((units) => String.fromCharCode(...units));

describe('safeText', () => {
  it('lets nothing through that could begin a line, move the cursor or turn the direction', () => {
    fc.assert(fc.property(anyText, (text) => !harmful.test(safeText(text))));
  });

  it('leaves readable text of any script as it is', () => {
    const text = 'naïve façade — 日本語 العربية 👩‍👩‍👧 "quoted" C:\\path';
    expect(safeText(text)).toBe(text);
  });

  it('shows what was there', () => {
    expect(safeText('a\nb\u001b[2Jc\u202ed')).toBe('a\\nb\\u{1b}[2Jc\\u{202e}d');
  });
});

describe('safeJson', () => {
  it('stays the same JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), anyText, (value, text) => {
        const document = { value, text: text.toWellFormed() };
        expect(JSON.parse(safeJson(document))).toEqual(JSON.parse(JSON.stringify(document)));
      }),
    );
  });

  it('is one harmless line', () => {
    fc.assert(fc.property(anyText, (text) => !harmful.test(safeJson({ [text]: text }))));
  });
});
