import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { EventDefinition } from '@sentinel-forge/contracts';
import type { connectClient } from '@sentinel-forge/messaging';

type NatsConnection = Awaited<ReturnType<typeof connectClient>>;

/** One event of a load. */
export interface LoadEvent {
  readonly id: string;
  readonly subject: string;
  readonly definition: EventDefinition;
  readonly source: string;
  readonly data: object;
}

/** How much is published, and of what. */
export interface LoadOptions {
  /** How many are begun in a second, as far as the machine allows. */
  readonly perSecond: number;
  /** How many in all; without end when not given. */
  readonly most?: number;
  /** The event of this number, counted from 1. */
  readonly eventOf: (number: number) => LoadEvent;
}

const pauseMs = 20;

/**
 * Publishes events at a steady pace until it is ended, and knows which of them the server has acknowledged: those a test may
 * insist on.
 */
export class Load {
  /** The ids of those that the server said it holds, in the order in which it said so. */
  readonly acknowledged: string[] = [];
  /** What was answered in the other cases. */
  readonly refusals: string[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #underWay = new Set<Promise<void>>();
  #begun = 0;

  constructor(
    private readonly connection: NatsConnection,
    private readonly options: LoadOptions,
  ) {
    const atOnce = Math.max(1, Math.round((options.perSecond * pauseMs) / 1000));
    this.#timer = setInterval(() => this.#publish(atOnce), Math.max(pauseMs, (1000 * atOnce) / options.perSecond));
  }

  /** Begins nothing more; resolves when everything that was begun has been answered. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
  }

  #publish(count: number): void {
    for (let index = 0; index < count && this.#begun < (this.options.most ?? Number.POSITIVE_INFINITY); index += 1) {
      this.#begun += 1;
      const one = this.#send(this.options.eventOf(this.#begun)).finally(() => this.#underWay.delete(one));
      this.#underWay.add(one);
    }
  }

  // A CloudEvent in structured mode, as a producer in any language may send it.
  async #send({ id, subject, definition, source, data }: LoadEvent): Promise<void> {
    const messageHeaders = headers();
    messageHeaders.set('Nats-Msg-Id', id);
    const event = { specversion: '1.0', id, type: definition.type, source, data };
    try {
      await jetstream(this.connection).publish(subject, JSON.stringify(event), { headers: messageHeaders });
      this.acknowledged.push(id);
    } catch (error) {
      this.refusals.push(String(error));
    }
  }
}
