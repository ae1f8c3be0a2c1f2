import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { ForgeError } from '../errors/forge-error.js';
import { limits } from '../limits.js';
import { type Class, customRules } from './decorators.js';
import { jsonSchemaOf } from './json-schema.js';

/** One thing that is wrong, with its place: `target.container`, `contributions[2].points`; empty for the whole. */
export interface Problem {
  readonly path: string;
  readonly reason: string;
}

/** A contract class, compiled. */
export interface Validator<T extends object> {
  /** Whether a value satisfies the contract. The hot path: no allocation for a valid value. */
  isValid(value: unknown): value is T;
  /** What is wrong with a value, at most 16 places; empty for a valid one. */
  problemsOf(value: unknown): readonly Problem[];
  /** The value itself, typed. Throws {@link ForgeError} `FORGE_EVENT_INVALID` that names every wrong field. */
  parse(value: unknown): T;
}

const compiled = new WeakMap<Class, Validator<object>>();

/** The compiled validator of a contract class; made once, on first use. */
export function validatorFor<T extends object>(type: Class<T>): Validator<T> {
  const known = compiled.get(type) ?? compile(type);
  compiled.set(type, known);
  return known as Validator<T>;
}

// One hostile object may be wrong in ten thousand places; whoever mends it needs the first few.
const maxProblems = 16;

/** Problems as one line for a person. */
export function describeProblems(problems: readonly Problem[]): string {
  return problems.map(({ path, reason }) => (path === '' ? reason : `${path} ${reason}`)).join('; ');
}

function compile(type: Class): Validator<object> {
  const schema = jsonSchemaOf(type);
  let first: ValidateFunction | undefined;
  let every: ValidateFunction | undefined;
  const isValid = (value: unknown): value is object => {
    first ??= firstError.compile(schema);
    return first(value);
  };
  const problemsOf = (value: unknown): readonly Problem[] => {
    every ??= everyError.compile(schema);
    return every(value) ? [] : (every.errors ?? []).slice(0, maxProblems).map(toProblem);
  };
  return {
    isValid,
    problemsOf,
    parse(value) {
      if (isValid(value)) {
        return value;
      }
      const problems = problemsOf(value);
      throw new ForgeError('FORGE_EVENT_INVALID', describeProblems(problems), { details: { problems } });
    },
  };
}

// A hostile value must not cost a list of a million errors: the hot path stops at the first, and only a refused value,
// which is bounded in size by then, is asked for all of them.
const firstError = newAjv(false);
const everyError = newAjv(true);

function newAjv(allErrors: boolean): Ajv {
  const ajv = new Ajv({ allErrors, strict: false, strictNumbers: true, ownProperties: true, verbose: allErrors });
  ajv.addFormat('instant', { type: 'string', validate: customRules.isInstant.check });
  ajv.addKeyword({
    keyword: 'forgeBounded',
    type: 'object',
    validate: (_: boolean, value: unknown) => customRules.isJsonObject.check(value),
  });
  return ajv;
}

function toProblem(error: ErrorObject): Problem {
  const at = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part.replaceAll('~1', '/').replaceAll('~0', '~')}`))
    .join('')
    .replace(/^\./, '');
  const child = (name: string): string => (at === '' ? name : `${at}.${name}`);
  const { params } = error;
  switch (error.keyword) {
    case 'required':
      return { path: child(String(params.missingProperty)), reason: 'is required' };
    case 'additionalProperties':
      return {
        path: child(String(params.additionalProperty).slice(0, limits.subjectTokenLength)),
        reason: unknownField(error),
      };
    case 'type':
      return { path: at, reason: `must be of type ${params.type}, not ${typeName(error.data)}` };
    case 'enum':
      return { path: at, reason: `must be one of ${(params.allowedValues as unknown[]).join(', ')}` };
    case 'minimum':
      return { path: at, reason: `must be at least ${params.limit}` };
    case 'maximum':
      return { path: at, reason: `must be at most ${params.limit}` };
    case 'minLength':
      return { path: at, reason: `must have at least ${params.limit} character(s)` };
    case 'maxLength':
      return { path: at, reason: `must have at most ${params.limit} characters` };
    case 'maxItems':
      return { path: at, reason: `must have at most ${params.limit} items` };
    case 'pattern':
      return { path: at, reason: `must match ${params.pattern}` };
    case 'format':
      return { path: at, reason: customRules.isInstant.message };
    case 'forgeBounded':
      return { path: at, reason: customRules.isJsonObject.message };
    default:
      return { path: at, reason: error.message ?? 'is not valid' };
  }
}

function unknownField(error: ErrorObject): string {
  const known = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {});
  return `is not a known field; known are ${known.join(', ')}`;
}

function typeName(value: unknown): string {
  if (value === null) {
    return 'null';
  }
  return Array.isArray(value) ? 'array' : typeof value;
}
