import type { Condition, Scalar } from './condition.js';

/** Fields that must equal one of some values if a condition is to hold, with those values. */
export type Equalities = ReadonlyMap<string, ReadonlySet<Scalar>>;

/** What must be equal to what if the condition is to hold. */
export function equalitiesOf(condition: Condition): Equalities {
  switch (condition.kind) {
    case 'test':
      return condition.operator === 'in' && !condition.ignoreCase
        ? new Map([[condition.field, new Set(condition.values)]])
        : new Map();
    case 'all':
      return tightest(condition.of.map(equalitiesOf));
    case 'any':
      return common(condition.of.map(equalitiesOf));
    case 'not':
      return new Map();
  }
}

// Of several demands on one field any single one is necessary; the shortest makes the smallest index.
function tightest(parts: readonly Equalities[]): Equalities {
  const fields = new Map<string, ReadonlySet<Scalar>>();
  for (const [field, values] of parts.flatMap((part) => [...part])) {
    const known = fields.get(field);
    if (known === undefined || values.size < known.size) {
      fields.set(field, values);
    }
  }
  return fields;
}

// Whichever alternative holds, a field that all of them demand has a value out of all their values.
function common([first, ...rest]: readonly Equalities[]): Equalities {
  const fields = new Map<string, ReadonlySet<Scalar>>();
  for (const [field, values] of first ?? []) {
    const alternatives = rest.map((part) => part.get(field));
    if (alternatives.every((alternative) => alternative !== undefined)) {
      fields.set(field, new Set([...values, ...alternatives.flatMap((more) => [...more])]));
    }
  }
  return fields;
}

/** The fields that must be there at all if the condition is to hold. */
export function requiredFieldsOf(condition: Condition): ReadonlySet<string> {
  switch (condition.kind) {
    case 'test':
      return condition.operator === 'exists' && !condition.value ? new Set() : new Set([condition.field]);
    case 'all':
      return new Set(condition.of.flatMap((part) => [...requiredFieldsOf(part)]));
    case 'any': {
      const [first, ...rest] = condition.of.map(requiredFieldsOf);
      return new Set([...(first ?? [])].filter((field) => rest.every((part) => part.has(field))));
    }
    case 'not':
      return new Set();
  }
}
