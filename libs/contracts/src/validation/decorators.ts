import 'reflect-metadata';
import { IsObject, ValidateBy, ValidateIf, ValidateNested, type ValidationOptions } from 'class-validator';
import { limits } from '../limits.js';

/** A class as a value. */
export type Class<T extends object = object> = new () => T;

const isPresent = (_object: unknown, value: unknown): boolean => value !== undefined;
const nestedTypes = new WeakMap<object, Map<string, () => Class>>();
const closedClasses = new WeakSet<object>();
const descriptions = new WeakMap<object, Map<string, string>>();

/** The property may be absent. Unlike class-validator's `IsOptional`, `null` is a value and is refused. */
export function Optional(): PropertyDecorator {
  return ValidateIf(isPresent);
}

/** Whether a conditional rule is the one that {@link Optional} sets. */
export function isOptionalCondition(condition: unknown): boolean {
  return condition === isPresent;
}

/** The property is an object (or, with `each`, an array of objects) of another contract class. */
export function Nested(type: () => Class, options: ValidationOptions = {}): PropertyDecorator {
  return (prototype, property) => {
    const types = nestedTypes.get(prototype) ?? new Map<string, () => Class>();
    nestedTypes.set(prototype, types.set(String(property), type));
    IsObject(options)(prototype, String(property)); // `ValidateNested` by itself is content with nothing, and with an array
    ValidateNested(options)(prototype, String(property));
  };
}

/** The class of a property that {@link Nested} declared. */
export function nestedTypeOf(type: Class, property: string): Class | undefined {
  return inherited(nestedTypes, type.prototype, property)?.();
}

/** Unknown properties are refused. For what people and other people's programs write, where a misspelt name must not pass in silence. */
export function Closed(): ClassDecorator {
  return (target) => {
    closedClasses.add(target);
  };
}

/** Whether a class refuses unknown properties. */
export function isClosed(type: Class): boolean {
  return closedClasses.has(type);
}

/** What a property says, in one sentence: for `docs/reference` and OpenAPI. */
export function Describe(text: string): PropertyDecorator {
  return (prototype, property) => {
    const texts = descriptions.get(prototype) ?? new Map<string, string>();
    descriptions.set(prototype, texts.set(String(property), text));
  };
}

/** The sentence that {@link Describe} gave a property. */
export function descriptionOf(type: Class, property: string): string | undefined {
  return inherited(descriptions, type.prototype, property);
}

// What a class declares holds for the classes that extend it.
function inherited<T>(
  declared: WeakMap<object, Map<string, T>>,
  prototype: object | null,
  property: string,
): T | undefined {
  return prototype === null
    ? undefined
    : (declared.get(prototype)?.get(property) ?? inherited(declared, Object.getPrototypeOf(prototype), property));
}

/** The rules that JSON Schema cannot say by itself. Both validators call the same function. */
export const customRules = {
  isInstant: { check: isInstant, message: 'must be an RFC 3339 time such as 2026-01-31T12:00:00Z' },
  isJsonObject: {
    check: isBoundedJsonObject,
    message: `must be an object of at most ${limits.objectDepth} levels, ${limits.objectKeys} keys and ${limits.stringLength} characters a string`,
  },
} as const;

/** A point in time as RFC 3339 text. */
export function IsInstant(options?: ValidationOptions): PropertyDecorator {
  return custom('isInstant', options);
}

/** A free-form JSON object within the limits of the contract. */
export function IsJsonObject(options?: ValidationOptions): PropertyDecorator {
  return custom('isJsonObject', options);
}

function custom(name: keyof typeof customRules, options?: ValidationOptions): PropertyDecorator {
  const { check, message } = customRules[name];
  return ValidateBy({ name, validator: { validate: check, defaultMessage: () => `$property ${message}` } }, options);
}

/** At least so many characters, counted as JSON Schema counts them: in code points. */
export function MinCharacters(least: number, options?: ValidationOptions): PropertyDecorator {
  return characters('minLength', least, (count) => count >= least, options);
}

/** At most so many characters, counted as JSON Schema counts them: in code points. */
export function MaxCharacters(most: number, options?: ValidationOptions): PropertyDecorator {
  return characters('maxLength', most, (count) => count <= most, options);
}

// class-validator's own `MaxLength` does not count variation selectors.
function characters(
  name: string,
  bound: number,
  isWithinBound: (count: number) => boolean,
  options?: ValidationOptions,
): PropertyDecorator {
  const validate = (value: unknown): boolean => typeof value === 'string' && isWithinBound([...value].length);
  return ValidateBy({ name, constraints: [bound], validator: { validate } }, options);
}

const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

function isInstant(value: unknown): boolean {
  return instantMs(value) !== undefined;
}

/** The milliseconds since 1970 of an RFC 3339 time; undefined for anything else. */
export function instantMs(value: unknown): number | undefined {
  const ms = typeof value === 'string' && instantPattern.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function isBoundedJsonObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return false;
  }
  const budget = { keys: limits.objectKeys };
  return isWithin(value, limits.objectDepth, budget);
}

function isWithin(value: unknown, depth: number, budget: { keys: number }): boolean {
  if (typeof value === 'string') {
    return value.length <= limits.stringLength;
  }
  if (typeof value !== 'object' || value === null) {
    return true;
  }
  if (depth === 0) {
    return false;
  }
  for (const key in value) {
    budget.keys -= 1;
    if (budget.keys < 0 || key.length > limits.nameLength) {
      return false;
    }
    if (!isWithin((value as Record<string, unknown>)[key], depth - 1, budget)) {
      return false;
    }
  }
  return true;
}
