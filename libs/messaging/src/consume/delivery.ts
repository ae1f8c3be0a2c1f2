import type { Msg } from '@nats-io/transport-node';
import type { HeaderReader, StoredMessage } from '@sentinel-forge/contracts';

/** One delivery of one message of a stream, by a durable consumer. */
export interface Delivery extends StoredMessage {
  /** The place in the consumer's own order, from 1 after a reset; a gap means that something was lost on the way. */
  readonly consumerSequence: number;
  /** How often the message was delivered so far, from 1. */
  readonly deliveries: number;
  /** What it takes in all, headers and subjects included. */
  readonly bytes: number;
  readonly headerEntries: () => Readonly<Record<string, readonly string[]>>;
  /** Answers the server. Fire and forget: an answer that is lost means another delivery, never a lost message. */
  readonly answer: (answer: Answer) => void;
}

/** What can be answered to a delivery. */
export type Answer =
  | { readonly kind: 'ack' }
  | { readonly kind: 'working' }
  | { readonly kind: 'nak'; readonly delayMs: number }
  | { readonly kind: 'term'; readonly reason: string };

/**
 * Reads the reply subject that carries a delivery's place:
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time in ns>.<pending>`, or the same with
 * `<domain>.<account hash>` before the stream and a random token at the end (ADR-15 of nats-architecture-and-design).
 */
export function toDelivery(message: Msg): Delivery {
  const parts = (message.reply ?? '').split('.');
  const shift = parts.length >= 11 ? 4 : 2;
  const at = (index: number): string => parts[shift + index] ?? '';
  return {
    stream: at(0),
    deliveries: Number(at(2)),
    sequence: Number(at(3)),
    consumerSequence: Number(at(4)),
    // Nanoseconds since 1970 exceed 2^53; the last six digits are cut as text.
    storedAtMs: Number(at(5).slice(0, -6)),
    subject: message.subject,
    headers: message.headers as HeaderReader | undefined,
    payload: message.data,
    bytes: sizeOf(message),
    headerEntries: () => Object.fromEntries(message.headers ?? []),
    answer: (answer) => respond(message, encodeAnswer(answer)),
  };
}

// Every message of the library has a size, though its interface does not say so; to ask for the headers would be to read them.
function sizeOf(message: Msg): number {
  return (message as Msg & { size(): number }).size();
}

// A handler may outlive the connection: what it would have answered is said by the next delivery.
function respond(message: Msg, answer: string): void {
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
