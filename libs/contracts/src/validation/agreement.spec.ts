import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { InventoryEntry } from '../records/inventory-entry.js';
import { MitigationView } from '../records/mitigation-view.js';
import { eventRows } from '../registry/events.js';
import { requests } from '../registry/requests.js';
import { type Class, isClosed, nestedTypeOf } from './decorators.js';
import { type JsonSchema, jsonSchemaOf } from './json-schema.js';
import { validatorFor } from './validator.js';

const contractClasses = new Set<Class>([
  ...eventRows.map(({ dataClass }) => dataClass),
  ...Object.values(requests).map(({ bodyClass }) => bodyClass),
  InventoryEntry,
  MitigationView,
]);

describe.each([...contractClasses].map((type) => [type.name, type] as const))('%s', (_name, type) => {
  it('is judged alike by the compiled validator and by class-validator', () => {
    const validator = validatorFor(type);
    const seen = { valid: 0, invalid: 0 };
    const agree = fc.property(near(jsonSchemaOf(type)), (value) => {
      const isValid = validator.isValid(value);
      seen[isValid ? 'valid' : 'invalid'] += 1;
      expect({ value, isValid }).toEqual({ value, isValid: isValidByReflection(type, value) });
      expect(validator.problemsOf(value).length === 0).toBe(isValid);
    });
    fc.assert(agree, { numRuns: 1_000 });
    expect(seen.valid).toBeGreaterThan(0);
    expect(seen.invalid).toBeGreaterThan(0);
  });
});

function isValidByReflection(type: Class, value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return false; // class-validator judges fields, never the whole
  }
  const rules = { whitelist: isClosed(type), forbidNonWhitelisted: isClosed(type), forbidUnknownValues: false };
  return validateSync(instanceOf(type, value) as object, rules).length === 0;
}

/** The value as class-validator wants it: objects that are instances of their contract classes. */
function instanceOf(type: Class, value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => instanceOf(type, item));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const instance: object = Object.create(type.prototype);
  for (const [name, field] of Object.entries(value)) {
    const nested = nestedTypeOf(type, name);
    Object.assign(instance, { [name]: nested === undefined ? field : instanceOf(nested, field) });
  }
  return instance;
}

/** Values of a schema, and values that miss it narrowly. */
function near(schema: JsonSchema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 100, arbitrary: fitting(schema) }, { weight: 1, arbitrary: odd });
}

const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    null,
    undefined,
    '',
    ' ',
    0,
    -1,
    0.5,
    11,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    true,
    [],
    {},
    [null],
    [[]],
  ),
  fc.jsonValue(),
);

function fitting(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) {
    return fc.constantFrom(...schema.enum);
  }
  switch (schema.type) {
    case 'string':
      return schema.format === 'instant' ? instant : text(schema);
    case 'integer':
      return fc.integer({
        min: (schema.minimum ?? 0) - 1,
        max: Math.min(schema.maximum ?? 2 ** 31 - 2, 2 ** 31 - 2) + 1,
      });
    case 'number':
      return fc.oneof(
        fc.double({ min: (schema.minimum ?? -1e3) - 0.01, max: (schema.maximum ?? 1e3) + 0.01, noNaN: true }),
      );
    case 'boolean':
      return fc.boolean();
    case 'array':
      return array(schema);
    default:
      return schema.forgeBounded === true ? freeForm : object(schema);
  }
}

const moment = fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') });
const instant = fc.oneof(
  { weight: 20, arbitrary: moment.map((date) => date.toISOString()) },
  { weight: 5, arbitrary: fc.constantFrom('2026-01-31T12:00:00+01:00', '2026-01-31T12:00:00.123456789Z') },
  { weight: 1, arbitrary: fc.constantFrom('2026-01-31', '2026-13-01T00:00:00Z', 'now') },
);

// Code points, surrogate pairs, halves of them, and variation selectors: where counts of characters disagree.
const letters = fc.constantFrom(
  'a',
  'Z',
  '7',
  '-',
  '_',
  '.',
  ' ',
  'é',
  '😀',
  '\ud83d',
  '❤',
  '❤\ufe0f',
  '\ufe0f',
  '\ufe0e',
  '\n',
);

function text({ pattern, minLength = 0, maxLength = 40 }: JsonSchema): fc.Arbitrary<string> {
  if (pattern !== undefined) {
    // fast-check knows no lookahead; the only one forbids the trace id of zeros.
    return fc.oneof(
      { weight: 30, arbitrary: fc.stringMatching(new RegExp(pattern.replace(/\(\?!.*?\$\)/, ''))) },
      { weight: 1, arbitrary: fc.constantFrom('0'.repeat(32), 'm-', `m-${'0'.repeat(32)}\n`, 'a.b') },
    );
  }
  const boundary = fc
    .tuple(letters, fc.constantFrom(minLength - 1, minLength, maxLength >> 1, maxLength - 1, maxLength, maxLength + 1))
    .map(([letter, length]) => letter.repeat(Math.max(0, length)));
  return fc.oneof(
    { weight: 20, arbitrary: fc.array(letters, { maxLength: 20 }).map((parts) => parts.join('')) },
    { weight: 1, arbitrary: boundary },
  );
}

function array({ items = {}, maxItems = 3 }: JsonSchema): fc.Arbitrary<unknown[]> {
  const few = fc.array(near(items), { maxLength: 3 });
  const many = fitting(items).chain((item) =>
    fc.constantFrom(maxItems, maxItems + 1).map((length) => new Array<unknown>(length).fill(item)),
  );
  return fc.oneof({ weight: 20, arbitrary: few }, { weight: 1, arbitrary: many });
}

const freeForm = fc.oneof(
  { weight: 30, arbitrary: fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue(), { maxKeys: 4 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<object>(
      { long: 'x'.repeat(8_193) },
      Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`k${index}`, 1])),
      { a: { b: { c: { d: { e: { f: { g: { h: { i: 1 } } } } } } } } },
      { ['k'.repeat(256)]: 1 },
    ),
  },
);

function object({ properties = {}, required = [] }: JsonSchema): fc.Arbitrary<object> {
  const fields = Object.entries(properties).map(([name, schema]) => {
    const presence = required.includes(name) ? 100 : 2;
    return fc.oneof(
      { weight: presence, arbitrary: near(schema).map((value) => ({ [name]: value })) },
      { weight: 1, arbitrary: fc.constant({}) },
    );
  });
  const unknownField = fc.oneof(
    { weight: 10, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: odd.map((value) => ({ unheardOf: value })) },
  );
  return fc.tuple(...fields, unknownField).map((parts) => Object.assign({}, ...parts));
}
