import { ForgeError } from '../errors/forge-error.js';
import { subjectTokenPattern } from '../events/fields.js';
import { limits } from '../limits.js';

/**
 * The parameters of a subject pattern such as `mitigation.{app}.requested.{host}`. `{name}` is one token; `{name+}`, only
 * at the end, is one or more.
 */
export type SubjectParams<Pattern extends string> = Pattern extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [Key in Name extends `${infer Base}+` ? Base : Name]: string } & SubjectParams<Rest>
  : unknown;

interface Part {
  readonly literal?: string;
  readonly name?: string;
  readonly isTail?: boolean;
}

/** A pattern, taken apart once. */
export interface SubjectPattern {
  /** As NATS writes it: `mitigation.*.requested.*`, `defend.>`. */
  readonly wildcard: string;
  /** The subject for parameters. Throws `FORGE_EVENT_INVALID` when one is missing or no subject token. */
  build(params: Readonly<Record<string, string>>): string;
  /** The parameters of a subject, or undefined when it does not match. */
  match(subject: string): Readonly<Record<string, string>> | undefined;
}

/** Takes a pattern apart. */
export function subjectPattern(pattern: string): SubjectPattern {
  const parts = pattern.split('.').map(parsePart);
  return {
    wildcard: parts.map((part) => part.literal ?? (part.isTail ? '>' : '*')).join('.'),
    build: (params) => refuseLong(parts.map((part) => part.literal ?? tokensFor(pattern, part, params)).join('.')),
    match: (subject) => matchParts(parts, subject.split('.')),
  };
}

/** Any text as one subject token: what NATS does not allow becomes `_`. */
export function toSubjectToken(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, limits.subjectTokenLength) || '_';
}

/** Whether a subject falls under a NATS filter with `*` and `>`. */
export function isUnderFilter(subject: string, filter: string): boolean {
  const tokens = subject.split('.');
  const wanted = filter.split('.');
  for (const [index, want] of wanted.entries()) {
    if (want === '>') {
      return tokens.length > index;
    }
    if (tokens[index] === undefined || (want !== '*' && want !== tokens[index])) {
      return false;
    }
  }
  return tokens.length === wanted.length;
}

function parsePart(text: string): Part {
  const name = /^\{([a-z]+)(\+?)\}$/i.exec(text);
  return name?.[1] === undefined ? { literal: text } : { name: name[1], isTail: name[2] === '+' };
}

function refuseLong(subject: string): string {
  if (subject.length > limits.subjectLength) {
    throw new ForgeError(
      'FORGE_EVENT_INVALID',
      `a subject may have ${limits.subjectLength} characters; this would have ${subject.length}`,
    );
  }
  return subject;
}

function tokensFor(pattern: string, part: Part, params: Readonly<Record<string, string>>): string {
  const value = params[part.name ?? ''] ?? '';
  const tokens = part.isTail ? value.split('.') : [value];
  if (!tokens.every((token) => token.length <= limits.subjectTokenLength && subjectTokenPattern.test(token))) {
    throw new ForgeError(
      'FORGE_EVENT_INVALID',
      `"${value}" cannot stand for {${part.name}} in the subject ${pattern}: use letters, digits, "-" and "_", at most ${limits.subjectTokenLength} characters`,
    );
  }
  return value;
}

function matchParts(parts: readonly Part[], tokens: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const token = tokens[index];
    if (token === undefined || (part.literal !== undefined && part.literal !== token)) {
      return undefined;
    }
    if (part.isTail && part.name !== undefined) {
      params[part.name] = tokens.slice(index).join('.');
      return params;
    }
    if (part.name !== undefined) {
      params[part.name] = token;
    }
  }
  return tokens.length === parts.length ? params : undefined;
}
