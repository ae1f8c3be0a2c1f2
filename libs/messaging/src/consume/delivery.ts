import { MsgImpl } from '@nats-io/nats-core/internal';
import type { Msg } from '@nats-io/transport-node';
import type { HeaderReader, StoredMessage } from '@sentinel-forge/contracts';
import { HeaderBlock } from './header-block.js';

/** One delivery of one message of a stream, by a durable consumer. */
export interface Delivery extends StoredMessage {
  /** The place in the consumer's own order, from 1 after a reset; a gap means that something was lost on the way. */
  readonly consumerSequence: number;
  /** How often the message was delivered so far, from 1. */
  readonly deliveries: number;
  /** What it takes in all, headers and subjects included. */
  readonly bytes: number;
  headerEntries(): Readonly<Record<string, readonly string[]>>;
  /** Answers the server. Fire and forget: an answer that is lost means another delivery, never a lost message. */
  answer(answer: Answer): void;
}

/** What can be answered to a delivery. */
export type Answer =
  | { readonly kind: 'ack' }
  | { readonly kind: 'working' }
  | { readonly kind: 'nak'; readonly delayMs: number }
  | { readonly kind: 'term'; readonly reason: string };

/** Reads the place of a delivery off a message. */
export function toDelivery(message: Msg): Delivery {
  return new JetStreamDelivery(message);
}

/**
 * The reply subject carries a delivery's place:
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time in ns>.<pending>`, or the same with
 * `<domain>.<account hash>` before the stream and a random token at the end (ADR-15 of nats-architecture-and-design).
 * There is one for every message of the hot path, and thousands may wait: what few ask for is read when it is asked for.
 */
class JetStreamDelivery implements Delivery {
  readonly stream: string;
  readonly deliveries: number;
  readonly sequence: number;
  readonly consumerSequence: number;
  readonly storedAtMs: number;
  readonly #message: MsgImpl;

  constructor(message: Msg) {
    this.#message = internalOf(message);
    const parts = (message.reply ?? '').split('.');
    const at = parts.length >= 11 ? 4 : 2;
    this.stream = parts[at] ?? '';
    this.deliveries = Number(parts[at + 2]);
    this.sequence = Number(parts[at + 3]);
    this.consumerSequence = Number(parts[at + 4]);
    // Nanoseconds since 1970 exceed 2^53; the last six digits are cut as text.
    this.storedAtMs = Number(parts[at + 5]?.slice(0, -6));
  }

  get subject(): string {
    return this.#message.subject;
  }

  get payload(): Uint8Array {
    return this.#message.data;
  }

  get bytes(): number {
    return this.#message.size();
  }

  get headers(): HeaderReader | undefined {
    return this.#headerBlock();
  }

  headerEntries(): Readonly<Record<string, readonly string[]>> {
    return this.#headerBlock()?.entries() ?? {};
  }

  // Made when it is asked for, and not kept: thousands of deliveries wait, and each is asked once.
  #headerBlock(): HeaderBlock | undefined {
    const { hdr } = this.#message._msg;
    return hdr > 0 ? new HeaderBlock(this.#message._rdata.subarray(0, hdr)) : undefined;
  }

  answer(answer: Answer): void {
    respond(this.#message, encodeAnswer(answer));
  }
}

// The client library keeps the bytes of the headers and the size, but only its `internal` entry (for packages that are built
// on it) says so.
function internalOf(message: Msg): MsgImpl {
  if (!(message instanceof MsgImpl)) {
    throw new TypeError('the NATS client hands out messages of another kind than it was built with');
  }
  return message;
}

// A handler may outlive the connection: what it would have answered is said by the next delivery.
function respond(message: MsgImpl, answer: string): void {
  try {
    message.respond(answer);
  } catch {
    return;
  }
}

function encodeAnswer(answer: Answer): string {
  switch (answer.kind) {
    case 'ack':
      return '+ACK';
    case 'working':
      return '+WPI';
    case 'nak':
      return `-NAK {"delay":${answer.delayMs * 1e6}}`;
    case 'term':
      return `+TERM ${answer.reason}`;
  }
}
