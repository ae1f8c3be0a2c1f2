import fc from 'fast-check';
import { patternList } from './pattern-list.js';
import { PatternError } from './syntax.js';
import { TextPattern } from './text-pattern.js';

const chars = fc.constantFrom('a', 'b', 'A', 'B', '_', '0', ' ', '-', '\n', '/', 'é', 'K', '\u2028');
const texts = fc.string({ unit: chars, maxLength: 16 });
const atoms = fc.constantFrom(
  ...['a', 'b', 'A', '.', '0', ' ', '-', '\\/', 'é', '\\x41', '\\u00e9', '\\n', '\\-'],
  ...['\\d', '\\D', '\\w', '\\W', '\\s', '\\S', '[ab]', '[^ab]', '[a-b_]', '[^\\w-]', '[A-Z0-9]', '[-a]', '[^]', '[]'],
);
const places = fc.constantFrom('^', '$', '\\b', '\\B');
const quantifiers = fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,3}', '{0}', '{2,}', '*?', '+?');
const patterns = fc.letrec<{ choice: string; sequence: string; item: string; atom: string }>((tie) => ({
  choice: fc.array(tie('sequence'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('|')),
  sequence: fc.array(tie('item'), { maxLength: 4 }).map((parts) => parts.join('')),
  item: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    places,
    fc.tuple(tie('atom'), quantifiers).map(([atom, quantifier]) => atom + quantifier),
  ),
  atom: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    atoms,
    tie('choice').map((choice) => `(${choice})`),
    tie('choice').map((choice) => `(?:${choice})`),
  ),
})).choice;

describe('a list of patterns', () => {
  it('finds what one of them finds, also where they do not fit into one automaton', () => {
    const words = Array.from({ length: 300 }, (_, index) => `^w${index}x{3}$`);
    const isFound = patternList(words, false);
    expect(['w0xxx', 'w150xxx', 'w299xxx', 'w300xxx', 'w7xx', ''].map(isFound)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(patternList([], false)('')).toBe(false);
    expect(() => patternList(['ok', '(a{100}){100}'], false)).toThrow('repeats too much');
  });
});

describe('TextPattern', () => {
  it('says what ECMAScript says, for every pattern of the subset', () => {
    fc.assert(
      fc.property(
        patterns,
        fc.array(texts, { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        (source, inputs, ignoreCase) => {
          const pattern = compileUnlessTooLarge(source, ignoreCase);
          const oracle = new RegExp(source, ignoreCase ? 'i' : '');
          for (const text of pattern === undefined ? [] : inputs) {
            expect(pattern?.test(text)).toBe(oracle.test(text));
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('answers within linear time where back-tracking takes for ever', () => {
    const text = `${'a'.repeat(8000)}!`;
    const startedMs = performance.now();
    for (const source of ['^(a+)+$', '(a|a)*b', '(.*)*x', 'a.*a.*a.*a.*b', '(a?){50}a{50}b']) {
      expect(new TextPattern([source]).test(text)).toBe(false);
    }
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });

  it('stays right when a text visits more states than are remembered', () => {
    const source = '(a|b)*a(a|b){14}c';
    const pattern = new TextPattern([source]);
    const oracle = /a[ab]{14}c/;
    let bits = 1;
    for (let round = 0; round < 40; round += 1) {
      let text = '';
      for (let index = 0; index < 300; index += 1) {
        bits = (Math.imul(bits, 1103515245) + 12345) >>> 0;
        text += (bits >>> 16) % 2 === 0 ? 'a' : 'b';
      }
      text += round % 2 === 0 ? 'c' : 'd';
      expect(pattern.test(text)).toBe(oracle.test(text));
    }
  });

  it.each([
    ['(?=a)', 'lookaround'],
    ['(?<x>a)', 'names'],
    ['(?i)a', 'ignoreCase: true'],
    ['(a)\\1', '\\1 is not understood'],
    ['\\p{L}', '\\p is not understood'],
    ['(a', 'not closed'],
    ['a)', 'closes nothing'],
    ['[a', 'not closed'],
    ['[b-a]', 'in order'],
    ['*a', 'nothing before it'],
    ['a**', 'nothing before it'],
    ['^*', 'cannot be repeated'],
    ['a{2', 'begins no {n}'],
    ['a{3,2}', 'out of order'],
    ['a{1000}', 'counts beyond 100'],
    ['(a{100}){100}', 'repeats too much'],
    ['a\\', 'ends too early'],
    ['\\xg0', '2 hexadecimal digits'],
    ['[😀]', 'beyond U+FFFF'],
  ])('refuses %s and says why', (source, reason) => {
    expect(() => new TextPattern([source])).toThrow(PatternError);
    expect(() => new TextPattern([source])).toThrow(reason);
  });

  it('refuses a pattern that is too long or too deep', () => {
    expect(() => new TextPattern(['a'.repeat(1001)])).toThrow('more than 1000 characters');
    expect(() => new TextPattern(['('.repeat(100)])).toThrow('nested more than 32 deep');
  });
});

function compileUnlessTooLarge(source: string, ignoreCase: boolean): TextPattern | undefined {
  try {
    return new TextPattern([source], ignoreCase);
  } catch (error) {
    expect((error as Error).message).toMatch('repeats too much');
    return undefined;
  }
}
