/** How often in a row before it is told, and for how long it is news. Whoever goes on trying keeps it so. */
const rowToTell = 2;
const newsForMs = 60_000;

interface Refusal {
  readonly inRow: number;
  readonly reason: string;
  readonly atMs: number;
}

/**
 * Which streams refuse what is published to them: a disk that is full shows itself in nothing else, for the server answers all
 * other questions. Time is passed in.
 */
export class Refusals {
  readonly #streams = new Map<string, Refusal>();

  constructor(private readonly nowMs: () => number) {}

  /** Learns how a try ended: with a reason when it was not stored. */
  note(stream: string, reason: string | undefined): void {
    if (reason === undefined) {
      this.#streams.delete(stream);
    } else {
      this.#streams.set(stream, { inRow: (this.#streams.get(stream)?.inRow ?? 0) + 1, reason, atMs: this.nowMs() });
    }
  }

  /** Undefined when every stream takes what it is given, as far as anybody has tried lately. */
  describe(): string | undefined {
    const sinceMs = this.nowMs() - newsForMs;
    const told = [...this.#streams].filter(([, { inRow, atMs }]) => inRow >= rowToTell && atMs > sinceMs);
    return told.length === 0
      ? undefined
      : `${told.map(([stream, { reason }]) => `${stream} stores nothing (${reason})`).join('; ')}: is the disk of nats-server full?`;
  }
}
