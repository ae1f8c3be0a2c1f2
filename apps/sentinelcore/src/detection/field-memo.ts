import { fieldReader, type ReadField } from './field.js';

/**
 * Readers that read each field of an event once, however many rules ask: looking for what is not there, among the ever different
 * attributes of strangers, is the dearest part of matching. What was read is good until {@link forget}, which is for the one who
 * brings the next event; it costs nothing.
 */
export class FieldMemo {
  readonly #readers = new Map<string, ReadField>();
  #event = 0;

  forget(): void {
    this.#event += 1;
  }

  readerOf(field: string): ReadField {
    const reader = this.#readers.get(field) ?? this.#remembering(fieldReader(field));
    this.#readers.set(field, reader);
    return reader;
  }

  #remembering(read: ReadField): ReadField {
    let readAt = -1;
    let value: unknown;
    return (event) => {
      if (readAt !== this.#event) {
        readAt = this.#event;
        value = read(event);
      }
      return value;
    };
  }
}
