import { addressRanges } from './address-range.js';
import type { Condition, FieldTest, NumberOperator, Scalar, TextOperator } from './condition.js';
import { fieldReader, type ReadField, type TelemetryEvent } from './field.js';
import { patternList } from './pattern/pattern-list.js';

/** Whether an event satisfies a condition. */
export type Predicate = (event: TelemetryEvent) => boolean;

/** Where conditions get their readers from. */
export type ReaderOf = (field: string) => ReadField;

/** Compiles a validated condition to a closure. What is cheap is asked first; the answer does not depend on the order. */
export function compileCondition(condition: Condition, readerOf: ReaderOf = fieldReader): Predicate {
  const compilePart = (part: Condition): Predicate => compileCondition(part, readerOf);
  switch (condition.kind) {
    case 'test':
      return compileTest(condition, readerOf(condition.field));
    case 'not': {
      const predicate = compilePart(condition.of);
      return (event) => !predicate(event);
    }
    case 'all':
      return everyOf(cheapestFirst(condition.of).map(compilePart));
    case 'any':
      return someOf(cheapestFirst(condition.of).map(compilePart));
  }
}

function compileTest(test: FieldTest, read: ReadField): Predicate {
  if (test.operator === 'exists') {
    const isWanted = test.value;
    return (event) => (read(event) !== undefined) === isWanted;
  }
  const accepts = valueTest(test);
  return (event) => {
    const value = read(event);
    return Array.isArray(value) ? value.some(accepts) : accepts(value);
  };
}

type ValueTest = (value: unknown) => boolean;

function valueTest(test: Exclude<FieldTest, { operator: 'exists' }>): ValueTest {
  switch (test.operator) {
    case 'in':
      return test.ignoreCase ? caselessIn(test.values) : strictIn(test.values);
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return textTest(test.operator, test.values, test.ignoreCase);
    case 'matches':
      return onText(patternList(test.values, test.ignoreCase));
    case 'cidr':
      return onText(addressRanges(test.values));
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return numberTest(test.operator, test.value);
  }
}

function strictIn(values: readonly Scalar[]): ValueTest {
  const [only] = values;
  if (values.length === 1) {
    return (value) => value === only;
  }
  const known = new Set<unknown>(values);
  return (value) => known.has(value);
}

// A literal in any case goes through the same engine as `matches`: one way of folding, and no lower-cased copy of each text.
function caselessIn(values: readonly Scalar[]): ValueTest {
  const texts = values.filter((value) => typeof value === 'string');
  const others = strictIn(values.filter((value) => typeof value !== 'string'));
  const isOneOf = patternList(
    texts.map((text) => `^${quote(text)}$`),
    true,
  );
  return (value) => (typeof value === 'string' ? isOneOf(value) : others(value));
}

function textTest(operator: TextOperator, values: readonly string[], ignoreCase: boolean): ValueTest {
  if (ignoreCase) {
    const before = operator === 'startsWith' ? '^' : '';
    const after = operator === 'endsWith' ? '$' : '';
    const sources = values.map((text) => before + quote(text) + after);
    return onText(patternList(sources, true));
  }
  const [only = ''] = values;
  const compare = textComparisons[operator];
  return values.length === 1
    ? onText((text) => compare(text, only))
    : onText((text) => values.some((value) => compare(text, value)));
}

const textComparisons: Readonly<Record<TextOperator, (text: string, part: string) => boolean>> = {
  contains: (text, part) => text.includes(part),
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
};

function numberTest(operator: NumberOperator, bound: number): ValueTest {
  switch (operator) {
    case 'gt':
      return (value) => typeof value === 'number' && value > bound;
    case 'gte':
      return (value) => typeof value === 'number' && value >= bound;
    case 'lt':
      return (value) => typeof value === 'number' && value < bound;
    case 'lte':
      return (value) => typeof value === 'number' && value <= bound;
  }
}

function onText(accepts: (text: string) => boolean): ValueTest {
  return (value) => typeof value === 'string' && accepts(value);
}

function quote(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function everyOf(predicates: readonly Predicate[]): Predicate {
  const [first, second] = predicates;
  if (predicates.length === 2 && first !== undefined && second !== undefined) {
    return (event) => first(event) && second(event);
  }
  return (event) => {
    for (const predicate of predicates) {
      if (!predicate(event)) {
        return false;
      }
    }
    return true;
  };
}

function someOf(predicates: readonly Predicate[]): Predicate {
  return (event) => {
    for (const predicate of predicates) {
      if (predicate(event)) {
        return true;
      }
    }
    return false;
  };
}

function cheapestFirst(conditions: readonly Condition[]): readonly Condition[] {
  return conditions.toSorted((a, b) => costOf(a) - costOf(b));
}

// Rough, and enough: a comparison is 1, a search through a text 4, an automaton 20, an address that has to be parsed 40.
const costs: Readonly<Record<FieldTest['operator'], number>> = {
  in: 1,
  exists: 1,
  gt: 1,
  gte: 1,
  lt: 1,
  lte: 1,
  startsWith: 2,
  endsWith: 2,
  contains: 4,
  matches: 20,
  cidr: 40,
};

function costOf(condition: Condition): number {
  switch (condition.kind) {
    case 'test':
      return 'ignoreCase' in condition && condition.ignoreCase ? costs.matches : costs[condition.operator];
    case 'not':
      return costOf(condition.of);
    case 'all':
    case 'any':
      return condition.of.reduce((sum, part) => sum + costOf(part), 0);
  }
}
