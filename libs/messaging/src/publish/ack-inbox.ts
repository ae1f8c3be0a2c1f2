import { createInbox } from '@nats-io/nats-core';
import type { Msg, MsgHdrs, NatsConnection } from '@nats-io/transport-node';

/** What the server says of a message that it has stored. */
export interface Acknowledgement {
  readonly sequence: number;
  /** A message with the same id was stored before; this one was not. */
  readonly isDuplicate: boolean;
}

/** A message for a stream. */
export interface StreamMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers: MsgHdrs;
}

interface Waiting {
  readonly resolve: (acknowledgement: Acknowledgement) => void;
  readonly reject: (reason: Error) => void;
  readonly deadlineMs: number;
}

const lookEveryMs = 100;

/**
 * Publishes to JetStream with many acknowledgements outstanding. The client library's own way arms a timer, captures two
 * stack traces and races two promises for every message, which costs more than all the rest of publishing it; here one
 * subscription takes every acknowledgement, and one timer looks for those that are late.
 */
export class AckInbox {
  readonly #inbox: string;
  readonly #waiting = new Map<string, Waiting>();
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: NatsConnection,
    inboxPrefix: string,
  ) {
    this.#inbox = createInbox(inboxPrefix);
    connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => (error === null ? this.#receive(message) : this.#rejectAll(error)),
    });
    void connection.closed().then(() => this.#rejectAll(new Error('the connection is closed')));
  }

  /** Resolves when the message is in its stream. Rejects when the server refuses it, or says nothing in time. */
  publish({ subject, payload, headers }: StreamMessage, timeoutMs: number): Promise<Acknowledgement> {
    this.#count += 1;
    const reply = `${this.#inbox}.${this.#count.toString(36)}`;
    return new Promise((resolve, reject) => {
      this.connection.publish(subject, payload, { headers, reply });
      this.#waiting.set(reply, { resolve, reject, deadlineMs: performance.now() + timeoutMs });
      this.#timer ??= setInterval(() => this.#rejectLate(), lookEveryMs);
    });
  }

  #receive(message: Msg): void {
    const waiting = this.#waiting.get(message.subject);
    if (waiting === undefined) {
      return; // it came after its time
    }
    this.#waiting.delete(message.subject);
    const answer = readAnswer(message);
    if (answer instanceof Error) {
      waiting.reject(answer);
    } else {
      waiting.resolve(answer);
    }
  }

  #rejectLate(): void {
    const nowMs = performance.now();
    for (const [reply, { reject, deadlineMs }] of this.#waiting) {
      if (deadlineMs <= nowMs) {
        this.#waiting.delete(reply);
        reject(new Error('the server did not answer in time'));
      }
    }
    if (this.#waiting.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #rejectAll(reason: Error): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of all) {
      reject(reason);
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** `{"stream":"S","seq":1}`, with `"duplicate":true`, or `{"error":{"description":"…"}}`; nobody there: an empty message with 503. */
function readAnswer(message: Msg): Acknowledgement | Error {
  if (message.data.byteLength === 0) {
    return new Error(message.headers?.code === 503 ? 'no stream takes this subject' : 'the server answered nothing');
  }
  try {
    const { seq, duplicate, error } = message.json<{
      readonly seq?: number;
      readonly duplicate?: boolean;
      readonly error?: { readonly description?: string };
    }>();
    if (error !== undefined || seq === undefined) {
      return new Error(error?.description ?? 'the server acknowledged no sequence');
    }
    return { sequence: seq, isDuplicate: duplicate === true };
  } catch (cause) {
    return new Error('the answer of the server is not JSON', { cause });
  }
}
