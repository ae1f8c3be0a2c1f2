import type { OutboxHistory, Outcome } from './outbox.history.js';

/** Says that something was delivered or failed. Resolves when it is durable; may be called again for the same outcome. */
export type Announce = (outcome: Outcome) => Promise<void>;

const batchSize = 200;

/**
 * Tells the mesh what became of notices. What is not told yet is in the outbox, so that a crash or an absent server only
 * delays it: told at least once, under an id that `noticeId` and `settledAtMs` make unique.
 */
export class OutcomeAnnouncer {
  #current: Promise<void> | undefined;
  #isAgain = false;

  constructor(
    private readonly history: OutboxHistory,
    private readonly announce: Announce,
  ) {}

  /** Tells everything that was not told yet. Rejects when telling fails; what is left stays for the next time. */
  flush(): Promise<void> {
    if (this.#current !== undefined) {
      this.#isAgain = true;
      return this.#current;
    }
    this.#current = this.#drain().finally(() => {
      this.#current = undefined;
    });
    return this.#current;
  }

  async #drain(): Promise<void> {
    do {
      this.#isAgain = false;
      for (
        let batch = this.history.unannounced(batchSize);
        batch.length > 0;
        batch = this.history.unannounced(batchSize)
      ) {
        await Promise.all(batch.map((outcome) => this.announce(outcome)));
        this.history.markAnnounced(batch);
      }
    } while (this.#isAgain);
  }
}
