import { problemOfRange } from './address-range.js';
import { type Condition, type FieldTest, numberOperators, type Scalar, textOperators } from './condition.js';
import { problemOfField } from './field.js';
import { PatternError } from './pattern/syntax.js';
import { TextPattern } from './pattern/text-pattern.js';
import type { YamlField } from './yaml-field.js';

const combinators = ['all', 'any', 'not'] as const;
const operators = ['equals', 'in', ...textOperators, 'matches', 'cidr', ...numberOperators, 'exists'] as const;
type WrittenOperator = (typeof operators)[number];
type Fields = ReadonlyMap<(typeof combinators)[number] | WrittenOperator | 'field' | 'ignoreCase', YamlField>;

const maxDepth = 12;
const maxOperandLength = 255;
const maxPatternLength = 1000;
const caselessOperators: readonly WrittenOperator[] = ['equals', 'in', ...textOperators, 'matches'];

/** Reads a condition; undefined after everything that is wrong with it has been said. */
export function parseCondition(node: YamlField, depth = 0): Condition | undefined {
  if (depth > maxDepth) {
    return node.refuse(`is nested more than ${maxDepth} deep`, 'split the rule in two');
  }
  const fields = node.asMapping([...combinators, 'field', ...operators, 'ignoreCase']);
  if (fields === undefined) {
    return undefined;
  }
  const kinds = [...combinators, 'field' as const].filter((kind) => fields.has(kind));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    return node.refuse(
      `has ${kinds.length === 0 ? 'none' : 'more than one'} of all, any, not and field`,
      'write one of them; put the rest into its list',
    );
  }
  return kind === 'field' ? parseTest(node, fields) : parseCombination(node, kind, fields, depth);
}

function parseCombination(
  node: YamlField,
  kind: (typeof combinators)[number],
  fields: Fields,
  depth: number,
): Condition | undefined {
  for (const [name, field] of fields) {
    if (name !== kind) {
      field.refuse(`does not go with ${kind}`, `put it beside a field, in a "- field: …" of its own`);
    }
  }
  const child = fields.get(kind) ?? node;
  if (kind === 'not') {
    const of = parseCondition(child, depth + 1);
    return of === undefined ? undefined : { kind, of };
  }
  const parts = child.asList()?.map((part) => parseCondition(part, depth + 1));
  return parts === undefined ? undefined : combined(kind, parts);
}

function combined(kind: 'all' | 'any', parts: readonly (Condition | undefined)[]): Condition | undefined {
  const of = parts.filter((part) => part !== undefined);
  return of.length < parts.length ? undefined : { kind, of };
}

function parseTest(node: YamlField, fields: Fields): Condition | undefined {
  const pathNode = fields.get('field') ?? node;
  const field = pathNode.asText(maxOperandLength);
  const problem = field === undefined ? undefined : problemOfField(field);
  if (problem !== undefined) {
    pathNode.refuse(problem.reason, problem.mend);
  }
  const ignoreCase = fields.get('ignoreCase')?.asBoolean() ?? false;
  const used = operators.filter((operator) => fields.has(operator));
  if (used.length === 0) {
    return node.refuse('compares the field with nothing', `add one of ${operators.join(', ')}`);
  }
  if (ignoreCase && !used.some((operator) => caselessOperators.includes(operator))) {
    fields.get('ignoreCase')?.refuse('does nothing here', `it goes with ${caselessOperators.join(', ')}`);
  }
  const tests = used.map((operator) => parseOperator(field ?? '', operator, fields.get(operator) ?? node, ignoreCase));
  const [only] = tests;
  return tests.length === 1 ? only : combined('all', tests);
}

function parseOperator(
  field: string,
  operator: WrittenOperator,
  operand: YamlField,
  ignoreCase: boolean,
): FieldTest | undefined {
  const kind = 'test';
  switch (operator) {
    case 'equals': {
      const value = operand.asScalar(maxOperandLength);
      return value === undefined ? undefined : { kind, field, operator: 'in', values: [value], ignoreCase };
    }
    case 'in': {
      const values = valuesOf<Scalar>(operand.asList(), (element) => element.asScalar(maxOperandLength));
      return values && { kind, field, operator, values, ignoreCase };
    }
    case 'contains':
    case 'startsWith':
    case 'endsWith': {
      const values = valuesOf(operand.asOneOrMore(), (element) => element.asText(maxOperandLength));
      return values && { kind, field, operator, values, ignoreCase };
    }
    case 'matches': {
      const values = valuesOf(operand.asOneOrMore(), (element) => patternOf(element, ignoreCase));
      return values && { kind, field, operator, values, ignoreCase };
    }
    case 'cidr': {
      const values = valuesOf(operand.asOneOrMore(), rangeOf);
      return values && { kind, field, operator, values };
    }
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte': {
      const value = operand.asNumber();
      return value === undefined ? undefined : { kind, field, operator, value };
    }
    case 'exists': {
      const value = operand.asBoolean();
      return value === undefined ? undefined : { kind, field, operator, value };
    }
  }
}

function valuesOf<Value>(
  elements: readonly YamlField[] | undefined,
  read: (element: YamlField) => Value | undefined,
): readonly Value[] | undefined {
  const values = elements?.map(read);
  const present = values?.filter((value) => value !== undefined);
  return present?.length === values?.length ? present : undefined;
}

function patternOf(element: YamlField, ignoreCase: boolean): string | undefined {
  const source = element.asText(maxPatternLength);
  if (source === undefined) {
    return undefined;
  }
  try {
    // Compiled for its problems alone; the rule set compiles it again together with its neighbours.
    new TextPattern([source], ignoreCase);
    return source;
  } catch (error) {
    if (!(error instanceof PatternError)) {
      throw error;
    }
    return element.refuse(
      `${error.message} (at character ${error.offset + 1})`,
      'rules/README.md lists what patterns may hold',
    );
  }
}

function rangeOf(element: YamlField): string | undefined {
  const range = element.asText(maxOperandLength);
  const problem = range === undefined ? undefined : problemOfRange(range);
  return problem === undefined ? range : element.refuse(problem, 'write 10.0.0.0/8, fd00::/8 or one address');
}
