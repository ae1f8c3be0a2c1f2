import type { StoredMessage } from '@sentinel-forge/contracts';

/** Where pages come from: empty when there is no more for now. */
export interface PageSource {
  nextPage(): Promise<readonly StoredMessage[]>;
}

/** The messages of one stream, read page by page. */
export class PagedQueue {
  #page: readonly StoredMessage[] = [];
  #index = 0;

  constructor(private readonly source: PageSource) {}

  get isEmpty(): boolean {
    return this.#index >= this.#page.length;
  }

  get head(): StoredMessage | undefined {
    return this.#page[this.#index];
  }

  /** Reads the next page when the last one is used up. */
  async fill(): Promise<void> {
    if (this.isEmpty) {
      this.#page = await this.source.nextPage();
      this.#index = 0;
    }
  }

  take(): void {
    this.#index += 1;
  }
}

/**
 * Takes from several filled queues in the order of time, as far as it is certain: it ends when one of them runs out, since
 * that one's next page may be earlier than what the others hold. A queue that was empty from the start is up to date.
 */
export function* inOrderOfTime(queues: readonly PagedQueue[]): Generator<StoredMessage> {
  const filled = queues.filter(({ isEmpty }) => !isEmpty);
  while (filled.length > 0 && filled.every(({ isEmpty }) => !isEmpty)) {
    const first = filled.reduce((one, other) => (isEarlier(other.head, one.head) ? other : one));
    const { head } = first;
    first.take();
    if (head !== undefined) {
      yield head;
    }
  }
}

function isEarlier(one: StoredMessage | undefined, other: StoredMessage | undefined): boolean {
  return one !== undefined && other !== undefined && one.storedAtMs < other.storedAtMs;
}
