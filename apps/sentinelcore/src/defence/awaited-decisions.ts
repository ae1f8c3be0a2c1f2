import { Injectable } from '@nestjs/common';
import type { Decision } from '../planning/decision.js';

/** Lets whoever sent telemetry over HTTP wait for what the consumer of the stream decides on it. */
@Injectable()
export class AwaitedDecisions {
  readonly #waiting = new Map<string, (decision: Decision) => void>();

  /** Waits for the decision on an event, so long at most; undefined when the time is over. Call it before publishing. */
  async wait(eventId: string, timeoutMs: number): Promise<Decision | undefined> {
    const { promise, resolve } = Promise.withResolvers<Decision | undefined>();
    this.#waiting.set(eventId, resolve);
    const timer = setTimeout(resolve, timeoutMs, undefined);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(eventId);
    }
  }

  /** The decision on an event stands, and what follows from it has been said. */
  tell(decision: Decision): void {
    // Nearly always nobody waits: then not even the id is looked at.
    if (this.#waiting.size > 0) {
      this.#waiting.get(decision.eventId)?.(decision);
    }
  }
}
