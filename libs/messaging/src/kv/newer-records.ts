import type { ForgeError, Log } from '@sentinel-forge/contracts';

/** The records that a service has come upon and that a newer version wrote: told once each, for as long as they stand. */
export class NewerRecords {
  readonly #messages = new Map<string, string>();

  constructor(private readonly log: Log) {}

  /** What is wrong, for `/ready`; undefined when nothing is. */
  get reason(): string | undefined {
    const [first, ...others] = this.#messages.values();
    return others.length === 0 ? first : `${first} (and ${others.length} more)`;
  }

  /** Somebody came upon one. `place` is `<bucket>/<key>`. */
  note(place: string, error: ForgeError): void {
    if (!this.#messages.has(place)) {
      this.#messages.set(place, error.message);
      this.log.error('record.newer', { place, error });
    }
  }

  /** What stands there now is understood, or nothing stands there any more. */
  settle(place: string): void {
    this.#messages.delete(place);
  }
}
