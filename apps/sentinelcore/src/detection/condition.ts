/** What a field can be compared with. */
export type Scalar = string | number | boolean;

/** Operators that compare a text with a list of texts; one of them is enough. */
export const textOperators = ['contains', 'startsWith', 'endsWith'] as const;
/** Operators that compare numbers. */
export const numberOperators = ['gt', 'gte', 'lt', 'lte'] as const;

/** Compares a text. */
export type TextOperator = (typeof textOperators)[number];
/** Compares a number. */
export type NumberOperator = (typeof numberOperators)[number];

/**
 * One test of one field. A field that is absent satisfies none but `exists: false`; one that holds a list satisfies a test when
 * one of its elements does.
 */
export type FieldTest = { readonly kind: 'test'; readonly field: string } & (
  | { readonly operator: 'in'; readonly values: readonly Scalar[]; readonly ignoreCase: boolean }
  | { readonly operator: TextOperator; readonly values: readonly string[]; readonly ignoreCase: boolean }
  | { readonly operator: 'matches'; readonly values: readonly string[]; readonly ignoreCase: boolean }
  | { readonly operator: 'cidr'; readonly values: readonly string[] }
  | { readonly operator: NumberOperator; readonly value: number }
  | { readonly operator: 'exists'; readonly value: boolean }
);

/** When a rule matches: a tree of tests. */
export type Condition =
  | FieldTest
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition };

/** A test as a rule's author would write it, for explanations. */
export function describeTest(test: FieldTest): string {
  const operand = 'values' in test ? test.values : test.value;
  const isSingle = Array.isArray(operand) && operand.length === 1;
  const operator = test.operator === 'in' && isSingle ? 'equals' : test.operator;
  const caseless = 'ignoreCase' in test && test.ignoreCase ? ' (any case)' : '';
  return `${test.field} ${operator} ${JSON.stringify(isSingle ? operand[0] : operand)}${caseless}`;
}
