import type { SensitiveKeys } from './sensitive-keys.js';
import { type Span, SpanCollector } from './spans.js';

/** Finds the values of sensitive names in running text. */
export type NamedSecretFinder = (text: string) => readonly Span[];

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
  const separator = '(?:\\\\*["\'`]?[ \\t]{0,8}(=>|:=|[:=])[ \\t]*|[ \\t]+)';
  const assignment = new RegExp(`${keys.pattern}${separator}`, 'g');
  return (text) => {
    const found = new SpanCollector(text);
    assignment.lastIndex = 0;
    for (let match = assignment.exec(text); match !== null; match = assignment.exec(text)) {
      const value = readValue(text, match);
      if (value !== undefined) {
        if (!found.add(value.start, value.end)) {
          break;
        }
        assignment.lastIndex = value.end;
      }
    }
    return found.spans;
  };
}

function readValue(text: string, match: RegExpExecArray): Span | undefined {
  const [whole, name = '', plural, operator] = match;
  const start = match.index + whole.length;
  // Without an operator only a flag takes a value: `--token abc`, but not "the token expired".
  const isFlag = operator === undefined;
  if (isFlag && (text[start] === '-' || !text.startsWith('--', startOfKey(text, match.index)))) {
    return undefined;
  }
  const span = operator === ':' && isHeader(name) ? headerAt(text, start, match.index) : valueAt(text, start);
  return isHarmless(text, span, plural !== undefined) ? undefined : span;
}

// "No secret here" is worth reading, and a number of tokens is a count.
function isHarmless(text: string, { start, end }: Span, isCount: boolean): boolean {
  if (isCount && /^-?\d+(?:\.\d+)?$/.test(text.slice(start, Math.min(end, start + 32)))) {
    return true;
  }
  return end === start || (end - start <= 5 && ['null', 'true', 'false'].includes(text.slice(start, end)));
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

function isHeader(name: string): boolean {
  return /(?:ie|on)$/i.test(name) && /^(?:setcookie|cookie|authorization)$/i.test(name.replaceAll(/[-_. ]/g, ''));
}

// A header on a command line (curl -H "Cookie: …") ends at the quote that began before its name.
function headerAt(text: string, start: number, nameStart: number): Span {
  if (openingAt(text, start) !== '') {
    return valueAt(text, start);
  }
  const before = text[startOfKey(text, nameStart) - 1] ?? '';
  const limit = endOfQuotedHeader.get(before) ?? endOfLine;
  return { start, end: indexOfMark(limit, text, start) };
}

const endOfLine = /[\r\n]/g;
const endOfQuotedHeader = new Map([
  ['"', /["\r\n]/g],
  ["'", /['\r\n]/g],
  ['`', /[`\r\n]/g],
]);

/** Where the next match of a pattern of one character stands; the length of the text when there is none. */
function indexOfMark(mark: RegExp, text: string, from: number): number {
  mark.lastIndex = from;
  return mark.test(text) ? mark.lastIndex - 1 : text.length;
}

const opening = /\\*["'`]|[{[]/y;

function openingAt(text: string, start: number): string {
  opening.lastIndex = start;
  return opening.test(text) ? text.slice(start, opening.lastIndex) : '';
}

function valueAt(text: string, start: number): Span {
  const open = openingAt(text, start);
  if (open === '') {
    return bareAt(text, start);
  }
  return open === '{' || open === '[' ? bracketedAt(text, start) : quotedAt(text, start + open.length, open);
}

// A quote that never closes was cut off: the rest belongs to it.
function quotedAt(text: string, start: number, open: string): Span {
  const quote = open.slice(-1);
  for (let at = text.indexOf(quote, start); at !== -1; at = text.indexOf(quote, at + 1)) {
    let slashes = 0;
    while (at - slashes > start && text[at - slashes - 1] === '\\') {
      slashes += 1;
    }
    if (closes(slashes, open.length - 1)) {
      return { start, end: at - Math.min(open.length - 1, slashes) };
    }
  }
  return { start, end: text.length };
}

/**
 * Whether a quote with so many backslashes before it closes one that was opened with `opened` of them. A format wrapped
 * d times opens with 2^d - 1; each backslash of the value itself stands there as 2^(d+1) of them. Fewer than at the
 * opening: what it was wrapped in ends here.
 */
function closes(slashes: number, opened: number): boolean {
  return slashes < opened || (slashes - opened) % (2 * (opened + 1)) === 0;
}

const structure = /(?<!\\)\\*"|[{}[\]]/g;

function bracketedAt(text: string, start: number): Span {
  const end = endOfBrackets(text, start);
  if (end === undefined) {
    // Never closed: prose, or cut off.
    return { start, end: indexOfMark(endOfLine, text, start) };
  }
  return isEndOfValue(text, end) ? { start, end } : bareAt(text, start);
}

function endOfBrackets(text: string, start: number): number | undefined {
  let depth = 0;
  structure.lastIndex = start;
  for (let match = structure.exec(text); match !== null; match = structure.exec(text)) {
    const [mark] = match;
    if (mark.endsWith('"')) {
      structure.lastIndex = quotedAt(text, structure.lastIndex, mark).end + mark.length;
    } else {
      depth += mark === '{' || mark === '[' ? 1 : -1;
    }
    if (depth === 0) {
      return structure.lastIndex;
    }
  }
  return undefined;
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
