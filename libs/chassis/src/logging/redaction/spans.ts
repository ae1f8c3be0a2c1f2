/** A part of a text that must not be seen: from `start` up to, not including, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

// So many secrets in one text are an attack on the time it takes to hide them, or a dump that nobody should log.
const mostSpans = 1000;

/** Collects what one search finds in one text. */
export class SpanCollector {
  readonly spans: Span[] = [];

  constructor(private readonly text: string) {}

  /** Adds one. False when there were so many that the rest of the text goes with it, and the search can end. */
  add(start: number, end: number): boolean {
    const isLast = this.spans.length === mostSpans - 1;
    this.spans.push({ start, end: isLast ? this.text.length : end });
    return !isLast;
  }
}

/** Sorts spans, and makes one of those that overlap. */
export function mergeSpans(spans: readonly Span[]): readonly Span[] {
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
