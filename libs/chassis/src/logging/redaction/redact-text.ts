import { compileNamedSecretFinder } from './named-secrets.js';
import { findShapes, mayHoldShapes } from './secret-shapes.js';
import type { SensitiveKeys } from './sensitive-keys.js';
import { mergeSpans, type Span } from './spans.js';

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
  readonly redact: TextRedactor;
}

// Honest text needs one pass, and another that finds nothing.
const mostPasses = 5;

/** Compiles the redactor of running text. */
export function compileTextRedactor(keys: SensitiveKeys): RunningTextRedactor {
  const findNamed = compileNamedSecretFinder(keys);
  const find = (text: string): readonly Span[] => [
    ...(keys.mayBeIn(text) ? findNamed(text) : []),
    ...(mayHoldShapes(text) ? findShapes(text) : []),
  ];
  return {
    mayHide: (text) => mayHoldShapes(text) || keys.mayBeIn(text),
    redact(given) {
      let text = given;
      let hidden = 0;
      // A marker in the place of one secret can make another come to light (what stood before it may have hidden where its
      // name begins), so this goes on until nothing is found: that is what makes it idempotent.
      for (let pass = 0; pass < mostPasses; pass += 1) {
        const spans = withoutMarkers(text, find(text));
        if (spans.length === 0) {
          return { value: text, hidden };
        }
        text = replaceSpans(text, spans);
        hidden += spans.length;
      }
      return { value: redactionMarker, hidden };
    },
  };
}

// What is hidden already stays as it is, and is not counted again.
function withoutMarkers(text: string, found: readonly Span[]): readonly Span[] {
  return mergeSpans(found.filter(({ start, end }) => text.slice(start, end) !== redactionMarker));
}

function replaceSpans(text: string, spans: readonly Span[]): string {
  let replaced = '';
  let copied = 0;
  for (const { start, end } of spans) {
    replaced += text.slice(copied, start) + redactionMarker;
    copied = end;
  }
  return replaced + text.slice(copied);
}
