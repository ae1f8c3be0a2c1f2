import { createInbox } from '@nats-io/nats-core';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { type Delivery, toDelivery } from './delivery.js';

/** How much may be on its way to us at once: what bounds the memory of a reader against any producer. */
export interface PullBudget {
  readonly messages: number;
  readonly bytes: number;
}

/** What a subscription tells its reader. */
export interface PullListener {
  onDelivery(delivery: Delivery): void;
  /** The consumer is gone or the server refuses us: the reader must start over. */
  onLost(reason: string): void;
}

const expiresMs = 30_000;
const heartbeatMs = 5_000;

/**
 * Pulls messages of one durable consumer. The client library's `consume()` asks for more as messages *arrive*, so a slow
 * reader buffers without bound; here a new request, for half of the budget, leaves only while less than half is held. The
 * reader says with {@link release} what it is done with.
 */
export class PullSubscription {
  readonly #subscription: Subscription;
  readonly #inbox: string;
  /** The reply subjects of the requests under way; the server ends each with a status on it. */
  readonly #requests = new Set<string>();
  readonly #heartbeat: NodeJS.Timeout;
  #requestCount = 0;
  #heldMessages = 0;
  #heldBytes = 0;
  #lastHeardMs = performance.now();
  #isStopped = false;

  constructor(
    private readonly connection: NatsConnection,
    inboxPrefix: string,
    private readonly stream: string,
    private readonly consumer: string,
    private readonly budget: PullBudget,
    private readonly listener: PullListener,
  ) {
    this.#inbox = createInbox(inboxPrefix);
    this.#subscription = connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) {
          this.#receive(message);
        } else {
          this.#lose(error.message);
        }
      },
    });
    this.#heartbeat = setInterval(() => this.#checkHeartbeat(), heartbeatMs);
    this.#pullMore();
  }

  /** The reader is done with so many messages of so many bytes in all: there is room for others. */
  release(messages: number, bytes: number): void {
    this.#heldMessages -= messages;
    this.#heldBytes -= bytes;
    this.#pullMore();
  }

  /** Forgets what was under way and asks anew; for after a reconnect. */
  renew(): void {
    this.#requests.clear();
    this.#lastHeardMs = performance.now();
    this.#pullMore();
  }

  /** Asks for nothing more. What the server has sent already is still delivered, so that the reader can send it back. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#heartbeat);
    // A connection that is closed drains nothing, and says so.
    this.#subscription.drain().catch(() => undefined);
  }

  #receive(message: Msg): void {
    this.#lastHeardMs = performance.now();
    if (message.reply?.startsWith('$JS.ACK.') === true) {
      this.#deliver(message);
      return;
    }
    const code = message.headers?.code ?? 0;
    if (code === 100) {
      return; // an idle heartbeat
    }
    this.#requests.delete(message.subject);
    // 404 and 408: nothing there, or the request ran out. 409 with "Completed", "Exceeds" or "Shutdown" ends one request
    // too; anything else (consumer deleted, no responders, no permission) is for the reader to see.
    const description = message.headers?.description ?? '';
    if (code === 404 || code === 408 || (code === 409 && !/deleted|push based/i.test(description))) {
      this.#pullMore();
    } else {
      this.#lose(`${code} ${description}`.trim());
    }
  }

  #deliver(message: Msg): void {
    const delivery = toDelivery(message);
    this.#heldMessages += 1;
    this.#heldBytes += delivery.bytes;
    this.listener.onDelivery(delivery);
  }

  // At most two requests are under way, each for half of the budget: the second fills the pause between the end of the
  // first and its successor.
  #pullMore(): void {
    while (!this.#isStopped && !this.connection.isClosed() && this.#requests.size < 2 && this.#hasRoom()) {
      this.#requestCount += 1;
      const reply = `${this.#inbox}.${this.#requestCount}`;
      this.#requests.add(reply);
      const request = {
        batch: Math.ceil(this.budget.messages / 2),
        max_bytes: Math.ceil(this.budget.bytes / 2),
        expires: expiresMs * 1e6,
        idle_heartbeat: heartbeatMs * 1e6,
      };
      this.connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${this.stream}.${this.consumer}`, JSON.stringify(request), {
        reply,
      });
    }
  }

  #hasRoom(): boolean {
    return this.#heldMessages < this.budget.messages / 2 && this.#heldBytes < this.budget.bytes / 2;
  }

  // Two missed heartbeats: the server forgot our requests (a restart, a leader change). Asking anew costs nothing.
  #checkHeartbeat(): void {
    if (this.#requests.size > 0 && performance.now() - this.#lastHeardMs > 2 * heartbeatMs) {
      this.renew();
    }
  }

  #lose(reason: string): void {
    if (!this.#isStopped) {
      this.stop();
      this.listener.onLost(reason);
    }
  }
}
