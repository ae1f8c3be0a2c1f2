import { setImmediate as letOthersRun } from 'node:timers/promises';
import { decodeEvent, type ForgeEvent, isRetryable } from '@sentinel-forge/contracts';
import { rest } from '../deadline/rest.js';
import { within } from '../deadline/within.js';
import type { Delivery } from './delivery.js';
import { PullSubscription } from './pull-subscription.js';
import type { Reader, ReaderContext } from './reader.js';
import { computeBackoffDelayMs, settle } from './settlement.js';

/** Of messages that nobody looks into: their effect costs the same for one and for thousands (a write, a sync). */
const maxRawBatch = 4_096;
/** Of events: few enough that what was made of them is let go before the garbage collector has to move it. */
const maxBatch = 512;
/** So many batches of events may wait for their effects to be durable. */
const maxUnderWay = 8;
const budget = { messages: 2 * maxRawBatch, bytes: 32 * 1024 * 1024 };

/**
 * Reads in batches: whatever has come in is the next one. Batches of events are handed over one after the other, and while
 * the effects of one are still being made durable (a round trip to a server), the next ones are handled already. Batches of
 * whole streams are handled strictly one at a time.
 *
 * One acknowledgement of the last message of a batch stands for all before it (AckAll): it is given when everything before it is
 * durable too. It also stands for those that a broken connection swallowed. So this reader insists
 * on an unbroken row: the consumer was reset to its ack floor before it started, after which deliveries count 1, 2, 3 …;
 * at the first gap or repetition it lets go of everything that is not handled yet and asks to be started over.
 */
export class BatchReader implements Reader {
  readonly lost: Promise<string>;
  readonly #lose: (reason: string) => void;
  readonly #subscription: PullSubscription;
  readonly #stopping = new AbortController();
  #queue: Delivery[] = [];
  #wake: (() => void) | undefined;
  #expected = 1;
  readonly #ended: Promise<void>;

  constructor(private readonly context: ReaderContext) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.lost = promise;
    this.#lose = (reason) => {
      this.#letGo();
      resolve(reason);
    };
    const { connection, inboxPrefix, consumer } = context;
    this.#subscription = new PullSubscription(connection, inboxPrefix, consumer.stream, consumer.name, budget, {
      onDelivery: (delivery) => this.#accept(delivery),
      onLost: this.#lose,
    });
    this.#ended = this.#run();
  }

  reconnected(): void {
    this.#lose('the connection broke: what was on its way may be gone');
  }

  async stop(budgetMs: number): Promise<void> {
    this.#letGo();
    await within(this.#ended, budgetMs);
  }

  #accept(delivery: Delivery): void {
    if (this.#stopping.signal.aborted) {
      return;
    }
    if (delivery.consumerSequence !== this.#expected || delivery.deliveries !== 1) {
      this.#lose(`expected delivery ${this.#expected}, got ${delivery.consumerSequence}`);
      return;
    }
    this.#expected += 1;
    this.#queue.push(delivery);
    this.#wake?.();
  }

  #letGo(): void {
    this.#stopping.abort();
    this.#subscription.stop();
    this.#queue = [];
    this.#wake?.();
  }

  async #run(): Promise<void> {
    const { consumer, handlers } = this.context;
    const isRaw = handlers.hasRawBatch(consumer.stream);
    const [size, mostUnderWay] = isRaw ? [maxRawBatch, 1] : [maxBatch, maxUnderWay];
    const underWay: Promise<boolean>[] = [];
    let former = Promise.resolve(true);
    while (!this.#stopping.signal.aborted) {
      if (this.#queue.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
        await letOthersRun(); // what came along with it belongs to the same batch
        continue;
      }
      const batch = this.#take(size);
      former = this.#acknowledge(batch, this.#handleDurably(batch), former);
      underWay.push(former);
      if (underWay.length >= mostUnderWay) {
        await underWay.shift();
      } else if (this.#queue.length > 0) {
        await letOthersRun(); // what was published is answered on the same connection
      }
    }
    await former;
  }

  #take(most: number): readonly Delivery[] {
    const batch = this.#queue.length <= most ? this.#queue : this.#queue.slice(0, most);
    this.#queue = this.#queue.length <= most ? [] : this.#queue.slice(most);
    return batch;
  }

  /** Once a batch is durable and all before it are. Resolves to whether it is so; if not, no later one is acknowledged either. */
  async #acknowledge(
    batch: readonly Delivery[],
    handled: Promise<boolean>,
    former: Promise<boolean>,
  ): Promise<boolean> {
    const [isDurable, isUnbroken] = await Promise.all([handled, former]);
    if (isDurable && isUnbroken) {
      batch.at(-1)?.answer({ kind: 'ack' });
      this.#subscription.release(
        batch.length,
        batch.reduce((sum, { bytes }) => sum + bytes, 0),
      );
    }
    return isDurable && isUnbroken;
  }

  /** True when the effects of the whole batch are durable; false only when the reader stops before. */
  async #handleDurably(batch: readonly Delivery[]): Promise<boolean> {
    const { consumer, handlers } = this.context;
    if (handlers.hasRawBatch(consumer.stream)) {
      return this.#insist({ deliveries: batch, contents: batch }, (messages) =>
        handlers.handleRawBatch(consumer.stream, messages),
      );
    }
    const groups = new Map<string, Events>();
    const invalid: Promise<boolean>[] = [];
    for (const delivery of batch) {
      try {
        const event = decodeEvent(delivery);
        const group = groupOf(groups, event.type);
        group.deliveries.push(delivery);
        group.contents.push(event);
      } catch (error) {
        // Not waited for here: the next batch must not be handed over before this one.
        invalid.push(this.#giveUp(delivery, error));
      }
    }
    const handled = [...groups].map(([type, group]) =>
      this.#insist(group, (events) => handlers.handleBatch(type, events)),
    );
    return (await Promise.all([...invalid, ...handled])).every((isDone) => isDone);
  }

  /**
   * Tries until it is done: nothing may be passed over in a batch. A failure that a retry cannot help is narrowed down to
   * the message that causes it, and only that one goes to the dead letters.
   */
  async #insist<Content>(
    group: Group<Content>,
    handle: (contents: readonly Content[]) => Promise<void>,
  ): Promise<boolean> {
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt += 1) {
      try {
        await handle(group.contents);
        return true;
      } catch (error) {
        const [first] = group.deliveries;
        if (!isRetryable(error) && first !== undefined) {
          return group.deliveries.length === 1 ? this.#giveUp(first, error) : this.#insistOneByOne(group, handle);
        }
        this.context.log.warn('batch.retried', {
          stream: this.context.consumer.stream,
          size: group.deliveries.length,
          attempt,
          error,
        });
        await this.#rest(attempt);
      }
    }
    return false;
  }

  async #insistOneByOne<Content>(
    { deliveries, contents }: Group<Content>,
    handle: (contents: readonly Content[]) => Promise<void>,
  ): Promise<boolean> {
    for (const [index, delivery] of deliveries.entries()) {
      const single = { deliveries: [delivery], contents: contents.slice(index, index + 1) };
      if (!(await this.#insist(single, handle))) {
        return false;
      }
    }
    return true;
  }

  async #giveUp(delivery: Delivery, error: unknown): Promise<boolean> {
    const { consumer, deadLetters, log, retryPolicy } = this.context;
    const settlement = settle({ isDone: false, error }, retryPolicy.maxDeliveries, retryPolicy, 0);
    const cause = settlement.kind === 'dead-letter' ? settlement.cause : 'rejected';
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt += 1) {
      try {
        await deadLetters.write(delivery, consumer.name, cause, error);
        return true;
      } catch (failure) {
        log.error('dead-letter.failed', { subject: delivery.subject, sequence: delivery.sequence, error: failure });
        await this.#rest(attempt);
      }
    }
    return false;
  }

  async #rest(attempt: number): Promise<void> {
    const delayMs = computeBackoffDelayMs(attempt, this.context.retryPolicy, this.context.random());
    await rest(delayMs, this.#stopping.signal);
  }
}

/** Deliveries, and what handlers get of each, in the same order. */
interface Group<Content> {
  readonly deliveries: readonly Delivery[];
  readonly contents: readonly Content[];
}

interface Events extends Group<ForgeEvent> {
  readonly deliveries: Delivery[];
  readonly contents: ForgeEvent[];
}

function groupOf(groups: Map<string, Events>, type: string): Events {
  const known = groups.get(type);
  if (known !== undefined) {
    return known;
  }
  const group: Events = { deliveries: [], contents: [] };
  groups.set(type, group);
  return group;
}
