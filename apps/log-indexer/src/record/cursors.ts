/** How far each stream is recorded: the last sequence, by the name of the stream and its incarnation. */
export type CursorTable = Readonly<Record<string, Readonly<Record<string, number>>>>;

/**
 * How far each stream is recorded. A stream that is deleted and made again counts from 1 again, so a sequence means
 * something only together with the time at which its stream was created (`born`). Incarnations are kept for ever: there are
 * few, and an old one can then never be taken for the present.
 */
export class Cursors {
  readonly #streams = new Map<string, Map<string, number>>();

  /** Reads what {@link toJSON} wrote. */
  static from(table: CursorTable): Cursors {
    const cursors = new Cursors();
    cursors.advanceAll(table);
    return cursors;
  }

  /** The last recorded sequence; 0 when nothing of the stream is recorded. */
  get(stream: string, born: string): number {
    return this.#streams.get(stream)?.get(born) ?? 0;
  }

  /** Notes that everything up to this sequence is recorded. A cursor never goes back. */
  advance(stream: string, born: string, sequence: number): void {
    const incarnations = this.#streams.get(stream) ?? new Map<string, number>();
    this.#streams.set(stream, incarnations);
    incarnations.set(born, Math.max(sequence, incarnations.get(born) ?? 0));
  }

  /** Notes all that another table knows. */
  advanceAll(table: CursorTable): void {
    for (const [stream, incarnations] of Object.entries(table)) {
      for (const [born, sequence] of Object.entries(incarnations)) {
        this.advance(stream, born, sequence);
      }
    }
  }

  /** A copy that goes its own way. */
  copy(): Cursors {
    return Cursors.from(this.toJSON());
  }

  toJSON(): CursorTable {
    return Object.fromEntries(
      Array.from(this.#streams, ([stream, incarnations]) => [stream, Object.fromEntries(incarnations)]),
    );
  }
}
