import { compileNamedSecretFinder } from './named-secrets.js';
import { findShapes, type Span, shapesHintPattern } from './secret-shapes.js';
import type { SensitiveKeys } from './sensitive-keys.js';

/** What stands where something was hidden. */
export const redactionMarker = '[redacted]';

/** What came of it: the same with secrets replaced, and how many there were. */
export interface Redaction<Value> {
  readonly value: Value;
  readonly hidden: number;
}

/** Hides the secrets in a text. */
export type TextRedactor = (text: string) => Redaction<string>;

/** Redacts running text (a log message, the value of a field): secrets by name and secrets by look. */
export interface RunningTextRedactor {
  /** A quick look: false when there is certainly nothing to hide. */
  mayHide(text: string): boolean;
  redact: TextRedactor;
}

/** Compiles the redactor of running text. */
export function compileTextRedactor(keys: SensitiveKeys): RunningTextRedactor {
  const findNamed = compileNamedSecretFinder(keys);
  const hint = new RegExp(`${shapesHintPattern}|${keys.namesPattern}`);
  return {
    mayHide: (text) => hint.test(text),
    redact: (text) =>
      hint.test(text) ? hide(text, [...findNamed(text), ...findShapes(text)]) : { value: text, hidden: 0 },
  };
}

// What is hidden already stays as it is: redaction is idempotent, and its count is that of what it did.
function hide(text: string, found: readonly Span[]): Redaction<string> {
  const spans = merge(found.filter(({ start, end }) => end > start && text.slice(start, end) !== redactionMarker));
  let value = '';
  let copied = 0;
  for (const { start, end } of spans) {
    value += text.slice(copied, start) + redactionMarker;
    copied = end;
  }
  return { value: value + text.slice(copied), hidden: spans.length };
}

function merge(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (last === undefined || span.start >= last.end) {
      merged.push(span);
    } else if (span.end > last.end) {
      merged[merged.length - 1] = { start: last.start, end: span.end };
    }
  }
  return merged;
}
