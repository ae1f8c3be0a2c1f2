import { getMetadataStorage } from 'class-validator';
import { type Class, descriptionOf, isClosed, isOptionalCondition, nestedTypeOf } from './decorators.js';

/** The part of JSON Schema (2020-12) that contract classes need. */
export interface JsonSchema {
  type?: string;
  title?: string;
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  maxItems?: number;
  enum?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  /** Our one keyword: an object within the limits that {@link IsJsonObject} states. */
  forgeBounded?: boolean;
}

interface Rule {
  readonly property: string;
  readonly name: string;
  readonly constraints: readonly unknown[];
  readonly isEach: boolean;
}

type SchemaOf = (constraints: readonly unknown[]) => JsonSchema;

/**
 * The closed set of rules that contract classes may use, and what each means in JSON Schema. A decorator that is not
 * here is an error at start: the compiled and the reflective validator must never say different things.
 */
const ruleSchemas: Readonly<Record<string, SchemaOf>> = {
  isString: () => ({ type: 'string' }),
  isBoolean: () => ({ type: 'boolean' }),
  isNumber: () => ({ type: 'number' }),
  isInt: () => ({ type: 'integer' }),
  min: ([minimum]) => ({ minimum: Number(minimum) }),
  max: ([maximum]) => ({ maximum: Number(maximum) }),
  minLength: ([minLength]) => ({ minLength: Number(minLength) }),
  maxLength: ([maxLength]) => ({ maxLength: Number(maxLength) }),
  matches: ([pattern]) => ({ pattern: (pattern as RegExp).source }),
  isIn: ([values]) => ({ enum: values as readonly unknown[] }),
  isInstant: () => ({ type: 'string', format: 'instant' }),
  isObject: () => ({ type: 'object' }),
  isJsonObject: () => ({ type: 'object', forgeBounded: true }),
};

const arrayRules: Readonly<Record<string, SchemaOf>> = {
  isArray: () => ({ type: 'array' }),
  arrayMaxSize: ([maxItems]) => ({ maxItems: Number(maxItems) }),
};

/** The JSON Schema of a contract class, nested classes inlined. Throws on a decorator outside the closed set. */
export function jsonSchemaOf(type: Class): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const optional = new Set<string>();
  for (const rule of rulesOf(type)) {
    properties[rule.property] ??= describe(type, rule.property);
    const property = properties[rule.property] as JsonSchema;
    if (rule.name === 'conditionalValidation') {
      if (!isOptionalCondition(rule.constraints[0])) {
        throw outsideTheSet(type, rule);
      }
      optional.add(rule.property);
    } else {
      applyRule(type, rule, property);
    }
  }
  return {
    title: type.name,
    type: 'object',
    properties,
    required: Object.keys(properties).filter((name) => !optional.has(name)),
    additionalProperties: !isClosed(type),
  };
}

function applyRule(type: Class, rule: Rule, property: JsonSchema): void {
  if (rule.isEach) {
    property.items ??= {};
  }
  const place = rule.isEach ? (property.items as JsonSchema) : property;
  if (rule.name === 'nestedValidation') {
    const nested = nestedTypeOf(type, rule.property);
    if (nested === undefined) {
      throw outsideTheSet(type, rule);
    }
    Object.assign(place, jsonSchemaOf(nested));
    return;
  }
  const schemaOf = ruleSchemas[rule.name] ?? (rule.isEach ? undefined : arrayRules[rule.name]);
  if (schemaOf === undefined) {
    throw outsideTheSet(type, rule);
  }
  Object.assign(place, schemaOf(rule.constraints));
}

function describe(type: Class, property: string): JsonSchema {
  const description = descriptionOf(type, property);
  return description === undefined ? {} : { description };
}

function rulesOf(type: Class): Rule[] {
  return getMetadataStorage()
    .getTargetValidationMetadatas(type, '', false, false)
    .map((metadata) => ({
      property: metadata.propertyName,
      name: metadata.name ?? metadata.type,
      constraints: metadata.constraints ?? [],
      isEach: metadata.each ?? false,
    }));
}

function outsideTheSet(type: Class, rule: Rule): TypeError {
  return new TypeError(`${type.name}.${rule.property}: the rule "${rule.name}" has no compiled form`);
}
