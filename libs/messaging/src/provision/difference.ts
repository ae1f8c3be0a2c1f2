/** One field that is not as it was declared. */
export interface Difference {
  readonly field: string;
  readonly actual: unknown;
  readonly declared: unknown;
}

/** Every declared field that stands otherwise. What is not declared is the server's own business. */
export function differencesOf(declared: object, actual: object): readonly Difference[] {
  const there = normalised(actual, declared);
  return Object.entries(declared)
    .filter(([field, value]) => !isSame(value, there[field]))
    .map(([field, value]) => ({ field, actual: there[field], declared: value }));
}

/** A difference for a person. */
export function describeDifference({ field, actual, declared }: Difference): string {
  return `${field} is ${JSON.stringify(actual)}, declared is ${JSON.stringify(declared)}`;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

// A server writes one filter as `filter_subject` and several as `filter_subjects`; they say the same.
function normalised(actual: object, declared: object): Record<string, unknown> {
  const fields: Record<string, unknown> = { ...actual };
  // It adds to the metadata what it knows of the stream itself.
  if ('metadata' in declared && isObject(declared.metadata) && isObject(fields.metadata)) {
    const known = Object.keys(declared.metadata);
    fields.metadata = Object.fromEntries(Object.entries(fields.metadata).filter(([key]) => known.includes(key)));
  }
  if (typeof fields.filter_subject === 'string') {
    fields.filter_subjects = [fields.filter_subject];
  }
  return fields;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
