import fc from 'fast-check';
import { eventRows, matchSubject } from './events.js';
import { isUnderFilter, subjectPattern, toSubjectToken } from './subject-pattern.js';

const token = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
const tail = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'));

describe.each(eventRows.map((row) => [row.subject, row] as const))('%s', (_subject, row) => {
  const names = [...row.subject.matchAll(/\{(\w+)(\+?)\}/g)];
  const params = fc.record(Object.fromEntries(names.map(([, name, isTail]) => [name, isTail === '' ? token : tail])));

  it('gives back the parameters that it was built from, and no other row claims the subject', () => {
    fc.assert(
      fc.property(params, (given) => {
        const subject = row.pattern.build(given);
        expect(row.pattern.match(subject)).toEqual(given);
        expect(matchSubject(subject)).toEqual({ definition: row, params: given });
        expect(isUnderFilter(subject, row.pattern.wildcard)).toBe(true);
      }),
    );
  });

  it('builds again what it matches, and matches exactly what its wildcard does', () => {
    const words = row.subject.split('.').filter((part) => !part.startsWith('{'));
    const tokens = fc.array(fc.oneof(token, fc.constantFrom(...words)), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(tokens, (parts) => {
        const subject = parts.join('.');
        const match = row.pattern.match(subject);
        expect(match !== undefined).toBe(isUnderFilter(subject, row.pattern.wildcard));
        if (match !== undefined) {
          expect(row.pattern.build(match)).toBe(subject);
        }
      }),
    );
  });
});

describe('building a subject', () => {
  const pattern = subjectPattern('defend.{signal+}');

  it.each([
    ['nothing', ''],
    ['a wildcard', 'auth.*'],
    ['the other wildcard', '>'],
    ['a space', 'a b'],
    ['a line end', 'a\r\nPUB x'],
    ['an empty token', 'a..b'],
    ['a token that is too long', 'x'.repeat(65)],
    ['more than a subject may have', Array.from({ length: 9 }, () => 'x'.repeat(30)).join('.')],
  ])('refuses %s', (_what, signal) => {
    expect(() => pattern.build({ signal })).toThrow(expect.objectContaining({ code: 'FORGE_EVENT_INVALID' }));
  });

  it('refuses a parameter that is missing, or of several tokens where one belongs', () => {
    expect(() => pattern.build({})).toThrow('{signal}');
    expect(() => subjectPattern('log.{app}.{level}').build({ app: 'a.b', level: 'info' })).toThrow('{app}');
  });
});

it('finds a subject under a filter as the definition of NATS does', () => {
  const word = fc.constantFrom('a', 'b', 'c');
  const subjects = fc.array(word, { minLength: 1, maxLength: 5 });
  const filters = fc
    .tuple(fc.array(fc.oneof(word, fc.constant('*')), { maxLength: 4 }), fc.boolean())
    .map(([tokens, hasTail]) => (hasTail || tokens.length === 0 ? [...tokens, '>'] : tokens));
  fc.assert(
    fc.property(subjects, filters, (subject, filter) => {
      expect(isUnderFilter(subject.join('.'), filter.join('.'))).toBe(isUnderByDefinition(subject, filter));
    }),
    { numRuns: 2_000 },
  );
});

/** As https://docs.nats.io/nats-concepts/subjects says it, token by token. */
function isUnderByDefinition([token, ...tokens]: readonly string[], [want, ...wants]: readonly string[]): boolean {
  if (token === undefined || want === undefined) {
    return token === want;
  }
  return want === '>' || ((want === '*' || want === token) && isUnderByDefinition(tokens, wants));
}

it('makes one token of any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), (text) => {
      expect(toSubjectToken(text)).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    }),
  );
  expect(toSubjectToken('web-1.example.org')).toBe('web-1_example_org');
});
