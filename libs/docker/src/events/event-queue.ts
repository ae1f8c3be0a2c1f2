import type { DockerEvent } from './docker-event.js';

/**
 * Events between the engine and one consumer that may be slow. Bounded: when there are too many, all of them become one
 * resync, since a consumer that lists everything again has missed nothing that still matters.
 */
export class EventQueue {
  readonly #limit: number;
  #events: DockerEvent[] = [];
  #isClosed = false;
  #wake: (() => void) | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(event: DockerEvent): void {
    if (this.#isClosed) {
      return;
    }
    if (this.#events.length >= this.#limit) {
      this.#events = [{ kind: 'resync', reason: 'overflow' }];
    }
    this.#events.push(event);
    this.#wake?.();
  }

  /** The next event as soon as there is one; undefined once the queue is closed. */
  async next(): Promise<DockerEvent | undefined> {
    if (this.#events.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#events.shift();
  }

  /** Drops what nobody took, and ends every `next`. */
  close(): void {
    this.#isClosed = true;
    this.#events = [];
    this.#wake?.();
  }
}
