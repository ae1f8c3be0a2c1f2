import fc from 'fast-check';
import { addressRanges } from './address-range.js';
import type { Condition, FieldTest, Scalar } from './condition.js';
import { fieldReader, type TelemetryEvent } from './field.js';
import { compileMatcher } from './matcher.js';
import { ReasonTemplate } from './reason-template.js';
import type { Rule } from './rule.js';

const fields = [
  'signal',
  'category',
  'source',
  'severity',
  'target.user',
  'attributes.a',
  'attributes.b.c',
  'attributes.list',
];
const words = ['auth', 'auth.ssh', 'net', 'a', 'A', 'ab', 'root', '10.0.0.1', ''];
const scalars: fc.Arbitrary<Scalar> = fc.oneof(fc.constantFrom(...words), fc.integer({ min: 0, max: 4 }), fc.boolean());
const texts = fc.array(fc.constantFrom('a', 'A', 'b', 'au', 'auth', 'ssh', '.', ''), { minLength: 1, maxLength: 3 });
const field = fc.constantFrom(...fields);
const ignoreCase = fc.boolean();
const kind = fc.constant('test' as const);

const tests: fc.Arbitrary<FieldTest> = fc.oneof(
  {
    // Equality most of all: it is what the index lives on.
    weight: 5,
    arbitrary: fc.record({
      kind,
      field,
      operator: fc.constant('in' as const),
      values: fc.array(scalars, { minLength: 1, maxLength: 3 }),
      ignoreCase: fc.constantFrom(false, false, true),
    }),
  },
  fc.record({
    kind,
    field,
    operator: fc.constantFrom('contains' as const, 'startsWith' as const, 'endsWith' as const),
    values: texts,
    ignoreCase,
  }),
  fc.record({
    kind,
    field,
    operator: fc.constant('matches' as const),
    values: fc.array(fc.constantFrom('^a', 'b$', 'u.h', '[0-9]+\\.', 'A'), { minLength: 1, maxLength: 2 }),
    ignoreCase,
  }),
  fc.record({ kind, field, operator: fc.constant('cidr' as const), values: fc.constant(['10.0.0.0/8']) }),
  fc.record({
    kind,
    field,
    operator: fc.constantFrom('gt' as const, 'gte' as const, 'lt' as const, 'lte' as const),
    value: fc.integer({ min: 0, max: 4 }),
  }),
  fc.record({ kind, field, operator: fc.constant('exists' as const), value: fc.boolean() }),
);

const conditions = fc.letrec<{ condition: Condition; list: Condition[] }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tests,
    fc.record({ kind: fc.constantFrom('all' as const, 'any' as const), of: tie('list') }),
    fc.record({ kind: fc.constant('not' as const), of: tie('condition') }),
  ),
  list: fc.array(tie('condition'), { minLength: 1, maxLength: 4 }),
})).condition;

const values = fc.oneof(scalars, fc.array(scalars, { maxLength: 3 }), fc.constant(null));
const eventsArbitrary: fc.Arbitrary<TelemetryEvent> = fc.record({
  id: fc.constant('1'),
  subject: fc.constant('defend.x'),
  params: fc.record({ signal: fc.constantFrom('auth', 'auth.ssh', 'net', 'a') }),
  data: fc.record(
    {
      source: fc.constantFrom(...words),
      severity: fc.integer({ min: 0, max: 4 }),
      target: fc.record({ user: fc.constantFrom('root', 'A') }, { requiredKeys: [] }),
      attributes: fc.record(
        { a: values, b: fc.record({ c: values }, { requiredKeys: [] }), 'b.c': values, list: values },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ['source'] },
  ),
});

describe('the compiled matcher', () => {
  it('says of every event what an interpreter says that asks every rule', () => {
    const ruleLists = fc.array(conditions, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(ruleLists, fc.array(eventsArbitrary, { minLength: 1, maxLength: 6 }), (whens, events) => {
        const rules = whens.map((when, index) => ruleOf(`r${index}`, when));
        const match = compileMatcher(rules);
        for (const event of events) {
          const expected = rules.filter((rule) => interpret(rule.when, event)).map(({ id }) => id);
          expect(match(event).map(({ id }) => id)).toEqual(expected);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('answers one shared list to every event that nothing matches', () => {
    const match = compileMatcher([
      ruleOf('a', { kind: 'test', field: 'signal', operator: 'in', values: ['auth'], ignoreCase: false }),
      ruleOf('b', { kind: 'test', field: 'severity', operator: 'gt', value: 5 }),
    ]);
    const quiet: TelemetryEvent = { id: '1', subject: 'defend.x', params: { signal: 'x' }, data: { source: 's' } };
    expect(match(quiet)).toBe(match({ ...quiet }));
    expect(match(quiet)).toEqual([]);
  });
});

function ruleOf(id: string, when: Condition): Rule {
  const place = { file: 'spec', line: 1, column: 1 };
  const reason = new ReasonTemplate(id);
  return { id, description: id, when, score: 1, reason, isSimulated: false, attack: [], references: [], place };
}

/** The meaning of a condition, said as plainly as possible. */
function interpret(condition: Condition, event: TelemetryEvent): boolean {
  switch (condition.kind) {
    case 'all':
      return condition.of.every((part) => interpret(part, event));
    case 'any':
      return condition.of.some((part) => interpret(part, event));
    case 'not':
      return !interpret(condition.of, event);
    case 'test':
      return interpretTest(condition, fieldReader(condition.field)(event));
  }
}

function interpretTest(test: FieldTest, found: unknown): boolean {
  if (test.operator === 'exists') {
    return (found !== undefined) === test.value;
  }
  const elements: readonly unknown[] = Array.isArray(found) ? found : [found];
  return elements.some((element) => holds(test, element));
}

function holds(test: Exclude<FieldTest, { operator: 'exists' }>, found: unknown): boolean {
  if ('value' in test) {
    const compare = { gt: (a: number) => a > test.value, gte: (a: number) => a >= test.value };
    const below = { lt: (a: number) => a < test.value, lte: (a: number) => a <= test.value };
    return typeof found === 'number' && { ...compare, ...below }[test.operator](found);
  }
  const fold = (value: unknown): unknown =>
    'ignoreCase' in test && test.ignoreCase && typeof value === 'string' ? value.toLowerCase() : value;
  if (test.operator === 'in') {
    return test.values.some((value) => fold(value) === fold(found));
  }
  return typeof found === 'string' && test.values.some((value) => holdsText(test, fold, value, found));
}

function holdsText(
  test: Exclude<Extract<FieldTest, { values: readonly string[] }>, { operator: 'in' }>,
  fold: (value: unknown) => unknown,
  value: string,
  found: string,
): boolean {
  const [text, part] = [String(fold(found)), String(fold(value))];
  switch (test.operator) {
    case 'contains':
      return text.includes(part);
    case 'startsWith':
      return text.startsWith(part);
    case 'endsWith':
      return text.endsWith(part);
    case 'matches':
      return new RegExp(value, test.ignoreCase ? 'i' : '').test(found);
    case 'cidr':
      return addressRanges([value])(found);
  }
}
