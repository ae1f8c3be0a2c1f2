import {
  anyButLineEnds,
  type CharSet,
  charSet,
  complementOf,
  digits,
  spaces,
  withBothCases,
  wordChars,
} from './char-set.js';

/** A place between characters that has to be of a kind. */
export type Assertion = 'start' | 'end' | 'boundary' | 'inside';

/** A pattern, taken apart. */
export type PatternNode =
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'sequence'; readonly of: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly of: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly of: PatternNode; readonly min: number; readonly max: number };

/** What is wrong with a pattern, and where. */
export class PatternError extends Error {
  constructor(
    message: string,
    /** Characters before the fault. */
    readonly offset: number,
  ) {
    super(message);
    this.name = 'PatternError';
  }
}

const maxPatternLength = 1000;
const maxGroupDepth = 32;
const maxRepeat = 100;
const escapedSets: Readonly<Record<string, CharSet>> = {
  d: digits,
  D: complementOf(digits),
  s: spaces,
  S: complementOf(spaces),
  w: wordChars,
  W: complementOf(wordChars),
};
const escapedChars: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f', v: '\v' };

/**
 * Takes a pattern apart. The syntax is the part of ECMAScript's that a finite automaton can recognise, so that matching takes
 * time linear in the text whatever the pattern: no back references and no lookaround. Throws {@link PatternError}.
 */
export function parsePattern(source: string, ignoreCase: boolean): PatternNode {
  if (source.length > maxPatternLength) {
    throw new PatternError(`has more than ${maxPatternLength} characters`, maxPatternLength);
  }
  const parser = new PatternParser(source, ignoreCase);
  return parser.parse();
}

class PatternParser {
  #at = 0;
  #depth = 0;

  constructor(
    private readonly source: string,
    private readonly ignoreCase: boolean,
  ) {}

  parse(): PatternNode {
    const node = this.#choice();
    if (this.#at < this.source.length) {
      throw this.#error('")" closes nothing; write \\) for the character');
    }
    return node;
  }

  #choice(): PatternNode {
    const alternatives = [this.#sequence()];
    while (this.#take('|')) {
      alternatives.push(this.#sequence());
    }
    return alternatives.length === 1 && alternatives[0] !== undefined
      ? alternatives[0]
      : { kind: 'choice', of: alternatives };
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (this.#at < this.source.length && !this.#isNext('|') && !this.#isNext(')')) {
      parts.push(this.#quantified(this.#atom()));
    }
    return { kind: 'sequence', of: parts };
  }

  #atom(): PatternNode {
    const char = this.#next();
    switch (char) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'set', set: this.#bracketed() };
      case '.':
        return { kind: 'set', set: anyButLineEnds };
      case '^':
        return { kind: 'assertion', assertion: 'start' };
      case '$':
        return { kind: 'assertion', assertion: 'end' };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
        throw this.#error(`"${char}" has nothing before it to apply to; write \\${char} for the character`, 1);
      default:
        return this.#literal(char);
    }
  }

  #group(): PatternNode {
    if (this.#take('?') && !this.#take(':')) {
      throw this.#error(
        'only (…) and (?:…) groups are understood: no lookaround, names or flags; for any case set ignoreCase: true',
        2,
      );
    }
    this.#depth += 1;
    if (this.#depth > maxGroupDepth) {
      throw this.#error(`groups are nested more than ${maxGroupDepth} deep`);
    }
    const node = this.#choice();
    if (!this.#take(')')) {
      throw this.#error('a group is not closed; write \\( for the character');
    }
    this.#depth -= 1;
    return node;
  }

  #quantified(of: PatternNode): PatternNode {
    const start = this.#at;
    const bounds = this.#quantifier();
    if (bounds === undefined) {
      return of;
    }
    if (of.kind === 'assertion') {
      throw new PatternError('a place such as ^, $ or \\b cannot be repeated', start);
    }
    // A lazy quantifier finds another text, never another answer to whether there is one.
    this.#take('?');
    return { kind: 'repeat', of, ...bounds };
  }

  #quantifier(): { readonly min: number; readonly max: number } | undefined {
    if (this.#take('*')) {
      return { min: 0, max: Number.POSITIVE_INFINITY };
    }
    if (this.#take('+')) {
      return { min: 1, max: Number.POSITIVE_INFINITY };
    }
    if (this.#take('?')) {
      return { min: 0, max: 1 };
    }
    return this.#isNext('{') ? this.#counted() : undefined;
  }

  #counted(): { readonly min: number; readonly max: number } {
    const match = /^\{(\d+)(?:(,)(\d+)?)?\}/.exec(this.source.slice(this.#at));
    if (match?.[1] === undefined) {
      throw this.#error('"{" begins no {n}, {n,} or {n,m}; write \\{ for the character');
    }
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === undefined ? Number.POSITIVE_INFINITY : Number(match[3]);
    if (min > max || min > maxRepeat || (max > maxRepeat && max !== Number.POSITIVE_INFINITY)) {
      throw this.#error(`${match[0]} is out of order or counts beyond ${maxRepeat}`);
    }
    this.#at += match[0].length;
    return { min, max };
  }

  #escape(): PatternNode {
    if (this.#take('b')) {
      return { kind: 'assertion', assertion: 'boundary' };
    }
    if (this.#take('B')) {
      return { kind: 'assertion', assertion: 'inside' };
    }
    const escaped = this.#escaped();
    return typeof escaped === 'string' ? this.#literal(escaped) : { kind: 'set', set: escaped };
  }

  /** What follows a backslash: a set, or a character. */
  #escaped(): CharSet | string {
    const char = this.#next();
    const set = Object.hasOwn(escapedSets, char) ? escapedSets[char] : undefined;
    const named = Object.hasOwn(escapedChars, char) ? escapedChars[char] : undefined;
    if (set !== undefined || named !== undefined) {
      return set ?? named ?? '';
    }
    if (char === 'x' || char === 'u') {
      return this.#codeUnit(char === 'x' ? 2 : 4);
    }
    if (/[A-Za-z0-9]/.test(char)) {
      throw this.#error(`\\${char} is not understood (back references and \\p cannot be matched in linear time)`, 2);
    }
    return char;
  }

  #codeUnit(length: number): string {
    const hex = this.source.slice(this.#at, this.#at + length);
    if (hex.length < length || !/^[0-9a-fA-F]+$/.test(hex)) {
      throw this.#error(`${length} hexadecimal digits are expected`);
    }
    this.#at += length;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }

  #bracketed(): CharSet {
    const isNegated = this.#take('^');
    const ranges: (readonly [number, number])[] = [];
    while (!this.#isNext(']')) {
      if (this.#at >= this.source.length) {
        throw this.#error('"[" is not closed; write \\[ for the character');
      }
      ranges.push(...this.#member());
    }
    this.#at += 1;
    const set = this.ignoreCase ? withBothCases(charSet(...ranges)) : charSet(...ranges);
    return isNegated ? complementOf(set) : set;
  }

  #member(): CharSet {
    const first = this.#memberStart();
    const isRange = this.#isNext('-') && this.source[this.#at + 1] !== ']';
    if (!isRange) {
      return typeof first === 'string' ? [[first.charCodeAt(0), first.charCodeAt(0)]] : first;
    }
    this.#at += 1;
    const last = this.#memberStart();
    if (typeof first !== 'string' || typeof last !== 'string' || first > last) {
      throw this.#error('a range in [] needs a character on both sides, in order', 1);
    }
    return [[first.charCodeAt(0), last.charCodeAt(0)]];
  }

  #memberStart(): CharSet | string {
    const char = this.#next();
    if (/[\ud800-\udfff]/.test(char)) {
      throw this.#error('characters beyond U+FFFF cannot stand in []', 1);
    }
    return char === '\\' ? this.#escaped() : char;
  }

  #literal(char: string): PatternNode {
    const unit = char.charCodeAt(0);
    const set = charSet([unit, unit]);
    return { kind: 'set', set: this.ignoreCase ? withBothCases(set) : set };
  }

  #next(): string {
    const char = this.source[this.#at];
    if (char === undefined) {
      throw this.#error('the pattern ends too early');
    }
    this.#at += 1;
    return char;
  }

  #take(char: string): boolean {
    const isThere = this.#isNext(char);
    this.#at += isThere ? 1 : 0;
    return isThere;
  }

  #isNext(char: string): boolean {
    return this.source[this.#at] === char;
  }

  #error(message: string, back = 0): PatternError {
    return new PatternError(message, Math.max(0, this.#at - back));
  }
}
