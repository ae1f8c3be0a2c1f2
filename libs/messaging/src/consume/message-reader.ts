import { within } from '../deadline/within.js';
import { type Delivery } from './delivery.js';
import { PullSubscription } from './pull-subscription.js';
import type { Reader, ReaderContext } from './reader.js';
import { type Outcome, settle } from './settlement.js';

const concurrency = 64;
const budget = { messages: 2 * concurrency, bytes: 8 * 1024 * 1024 };

/**
 * Reads messages one by one, up to 64 at once, each acknowledged by itself after its handler is done. A message that
 * rests before another try holds up no other.
 */
export class MessageReader implements Reader {
  readonly lost: Promise<string>;
  readonly #subscription: PullSubscription;
  readonly #queue: Delivery[] = [];
  readonly #running = new Set<Promise<void>>();
  #isStopped = false;

  constructor(private readonly context: ReaderContext) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.lost = promise;
    const { connection, inboxPrefix, consumer } = context;
    this.#subscription = new PullSubscription(connection, inboxPrefix, consumer.stream, consumer.name, budget, {
      onDelivery: (delivery) => this.#accept(delivery),
      onLost: resolve,
    });
  }

  reconnected(): void {
    this.#subscription.renew();
  }

  async stop(budgetMs: number): Promise<void> {
    this.#isStopped = true;
    this.#subscription.stop();
    this.#queue.splice(0).forEach(sendBack);
    await within(Promise.allSettled(this.#running), budgetMs);
  }

  #accept(delivery: Delivery): void {
    if (this.#isStopped) {
      sendBack(delivery);
      return;
    }
    this.#queue.push(delivery);
    this.#startMore();
  }

  #startMore(): void {
    while (!this.#isStopped && this.#running.size < concurrency) {
      const delivery = this.#queue.shift();
      if (delivery === undefined) {
        return;
      }
      const run = this.#process(delivery).finally(() => {
        this.#running.delete(run);
        this.#subscription.release(1, delivery.bytes);
        this.#startMore();
      });
      this.#running.add(run);
    }
  }

  async #process(delivery: Delivery): Promise<void> {
    const keepAlive = setInterval(() => delivery.answer({ kind: 'working' }), this.context.consumer.ackWaitMs / 3);
    try {
      await this.#settle(delivery, await this.#handle(delivery));
    } finally {
      clearInterval(keepAlive);
    }
  }

  async #handle(delivery: Delivery): Promise<Outcome> {
    try {
      await this.context.handlers.handle(delivery);
      return { isDone: true };
    } catch (error) {
      return { isDone: false, error };
    }
  }

  async #settle(delivery: Delivery, outcome: Outcome): Promise<void> {
    const { retryPolicy, random, log, deadLetters, consumer } = this.context;
    const settlement = settle(outcome, delivery.deliveries, retryPolicy, random());
    switch (settlement.kind) {
      case 'ack':
        delivery.answer({ kind: 'ack' });
        return;
      case 'retry':
        log.warn('message.retried', {
          subject: delivery.subject,
          sequence: delivery.sequence,
          deliveries: delivery.deliveries,
          delayMs: settlement.delayMs,
          error: outcome.isDone ? undefined : outcome.error,
        });
        delivery.answer({ kind: 'nak', delayMs: settlement.delayMs });
        return;
      case 'dead-letter':
        try {
          await deadLetters.write(delivery, consumer.name, settlement.cause, settlement.error);
          delivery.answer({ kind: 'term', reason: settlement.cause });
        } catch (error) {
          // Not stored, so not given up: it is delivered again.
          log.error('dead-letter.failed', { subject: delivery.subject, sequence: delivery.sequence, error });
          delivery.answer({ kind: 'nak', delayMs: retryPolicy.maxDelayMs });
        }
    }
  }
}

// At once to the next reader, not after the wait for an acknowledgement.
function sendBack(delivery: Delivery): void {
  delivery.answer({ kind: 'nak', delayMs: 0 });
}
