import type { Span } from './secret-shapes.js';
import type { SensitiveKeys } from './sensitive-keys.js';

/** Finds the values of sensitive names in running text. */
export type NamedSecretFinder = (text: string) => Span[];

/**
 * Compiles the finder for `password=…`, `api-key: …`, `"token":"…"`, `secret => […]`, `--token …`, `Cookie: …`, also where
 * the quotes are escaped because one format is wrapped in another. The work is linear in the length of the text: each
 * character belongs to at most one value, and every look around has a bound.
 *
 * Free text has no grammar. A quoted value ends at its quote, a bracketed one at its bracket, a header (`Cookie`,
 * `Authorization`) at the end of its line, and any other at white space, or at punctuation where what follows is the end or
 * a next `name=`. A bare secret with spaces in it is hidden up to its first space.
 */
export function compileNamedSecretFinder(keys: SensitiveKeys): NamedSecretFinder {
  const separator = '(\\\\*["\'`]?[ \\t]{0,8}(?:=>|:=|[:=])[ \\t]*|[ \\t]+)';
  const assignment = new RegExp(`${keys.pattern}${separator}`, 'g');
  return (text) => {
    const spans: Span[] = [];
    assignment.lastIndex = 0;
    for (let match = assignment.exec(text); match !== null; match = assignment.exec(text)) {
      const found = readAssignment(text, match);
      if (found !== undefined) {
        spans.push(found);
        assignment.lastIndex = found.end;
      }
    }
    return spans;
  };
}

function readAssignment(text: string, match: RegExpExecArray): Span | undefined {
  const [whole, name = '', plural, separator = ''] = match;
  const start = match.index + whole.length;
  const keyStart = startOfKey(text, match.index);
  const isFlag = separator.trim() === '';
  if (isFlag && !text.startsWith('--', keyStart)) {
    return undefined;
  }
  const isHeader = separator.startsWith(':') && /(?:cookie|authorization)$/i.test(name.replaceAll(/[-_. ]/g, ''));
  const span = isHeader ? restOfLine(text, start, text[keyStart - 1]) : valueAt(text, start);
  const value = text.slice(span.start, span.end);
  const isHarmless = plural === undefined ? /^(?:null|true|false|)$/ : /^(?:null|true|false|-?\d+(?:\.\d+)?|)$/;
  return isHarmless.test(value) || (isFlag && value.startsWith('-')) ? undefined : span;
}

const keyChar = /[\w.-]/;
const longestKey = 64;

function startOfKey(text: string, at: number): number {
  let start = at;
  while (start > 0 && at - start < longestKey && keyChar.test(text[start - 1] ?? '')) {
    start -= 1;
  }
  return start;
}

// A header on a command line (curl -H "Cookie: …") ends at the quote that began before its name.
function restOfLine(text: string, start: number, before: string | undefined): Span {
  const isQuoted = before === '"' || before === "'" || before === '`';
  const quote = isQuoted ? text.indexOf(before, start) : -1;
  const line = endOfLine(text, start);
  return { start, end: quote === -1 ? line : Math.min(quote, line) };
}

function endOfLine(text: string, from: number): number {
  const feed = text.indexOf('\n', from);
  const end = feed === -1 ? text.length : feed;
  return end > from && text[end - 1] === '\r' ? end - 1 : end;
}

const opening = /\\*["'`]|[{[]|/y;

function valueAt(text: string, start: number): Span {
  opening.lastIndex = start;
  const open = opening.exec(text)?.[0] ?? '';
  if (open === '') {
    return bareAt(text, start);
  }
  if (open === '{' || open === '[') {
    return bracketedAt(text, start);
  }
  return quotedAt(text, start + open.length, open);
}

// The closing quote has as many backslashes before it as the opening one; without any, an even number of them escapes
// only itself. A quote that never closes was cut off: the rest belongs to it.
function quotedAt(text: string, start: number, open: string): Span {
  const quote = open.slice(-1);
  const depth = open.length - 1;
  for (let at = text.indexOf(quote, start); at !== -1; at = text.indexOf(quote, at + 1)) {
    let slashes = 0;
    while (at - slashes > start && text[at - slashes - 1] === '\\') {
      slashes += 1;
    }
    if (depth === 0 ? slashes % 2 === 0 : slashes <= depth) {
      return { start, end: at - Math.min(depth, slashes) };
    }
  }
  return { start, end: text.length };
}

const structure = /\\*"|[{}[\]]/g;

function bracketedAt(text: string, start: number): Span {
  let depth = 0;
  let openQuote: string | undefined;
  structure.lastIndex = start;
  for (let match = structure.exec(text); match !== null; match = structure.exec(text)) {
    const [mark] = match;
    if (mark.endsWith('"')) {
      if (openQuote === undefined) {
        openQuote = mark;
      } else if (mark.length <= openQuote.length) {
        openQuote = undefined;
      }
    } else if (openQuote === undefined) {
      depth += mark === '{' || mark === '[' ? 1 : -1;
      if (depth === 0) {
        return isEndOfValue(text, structure.lastIndex) ? { start, end: structure.lastIndex } : bareAt(text, start);
      }
    }
  }
  // Never closed: prose, or cut off.
  return { start, end: endOfLine(text, start) };
}

const afterValue = /[\s,;&|)\]}>"'`\\]|$/y;

function isEndOfValue(text: string, at: number): boolean {
  afterValue.lastIndex = at;
  return afterValue.test(text);
}

// A run of punctuation is looked at once, from its first mark: from each of its marks would take quadratic time.
const endOfBare = /\s|(?<![,;&|)\]}>"'`\\])[,;&|)\]}>"'`\\]+(?=\s|$|[\w.-]{1,64}["'`]?[:=])|$/g;
const authScheme = /(?:bearer|basic|digest|token|negotiate|apikey)[ \t]{1,8}(?=\S)/iy;

function bareAt(text: string, start: number): Span {
  authScheme.lastIndex = start;
  endOfBare.lastIndex = authScheme.test(text) ? authScheme.lastIndex : start;
  return { start, end: endOfBare.exec(text)?.index ?? text.length };
}
