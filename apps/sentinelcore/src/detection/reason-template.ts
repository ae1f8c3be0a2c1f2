import { clip, onOneLine } from './display-text.js';
import { fieldReader, problemOfField, type ReadField, type TelemetryEvent } from './field.js';

const maxReasonLength = 500;
const maxValueLength = 120;
const absent = '?';

/** A sentence with fields of the event in it: `{attributes.failures} failed logins of {target.user}`. */
export class ReasonTemplate {
  readonly #parts: readonly (string | ReadField)[];

  /** Takes a template whose fields {@link problemOfTemplate} has accepted. */
  constructor(readonly source: string) {
    this.#parts = source
      .split(placeholder)
      .map((part, index) => (index % 2 === 0 ? part : fieldReader(part)))
      .filter((part) => part !== '');
  }

  /** As it was written: what a list of rules shows. */
  toJSON(): string {
    return this.source;
  }

  /** The sentence for one event, on one line and at most 500 characters long; an absent field reads as `?`. */
  render(event: TelemetryEvent): string {
    const text = this.#parts.map((part) => (typeof part === 'string' ? part : show(part(event)))).join('');
    return clip(text, maxReasonLength);
  }
}

const placeholder = /\{([^{}]*)\}/;

/** What is wrong with the fields of a template; undefined when nothing is. */
export function problemOfTemplate(source: string): { readonly reason: string; readonly mend: string } | undefined {
  const fields = source.split(placeholder).filter((_, index) => index % 2 === 1);
  return fields.map(problemOfField).find((problem) => problem !== undefined);
}

function show(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return clip(onOneLine(value), maxValueLength);
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return Array.isArray(value) ? clip(value.slice(0, 10).map(showElement).join(', '), maxValueLength) : absent;
  }
}

function showElement(value: unknown): string {
  return Array.isArray(value) ? absent : show(value);
}
