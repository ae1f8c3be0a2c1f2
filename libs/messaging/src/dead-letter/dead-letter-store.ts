import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { type DeadLetter, decodeEvent, events, ForgeError, type ForgeEvent } from '@sentinel-forge/contracts';
import { StreamCursor } from '../tail/stream-cursor.js';

/** A dead letter as it stands in its stream. */
export interface StoredDeadLetter {
  readonly sequence: number;
  /** The app that gave it up. */
  readonly app: string;
  readonly consumer: string;
  readonly stream: string;
  readonly event: ForgeEvent<DeadLetter>;
}

const stream = 'DEAD_LETTER';

/** Every dead letter, oldest first. Those that were handled again are gone. */
export async function* listDeadLetters(connection: NatsConnection): AsyncGenerator<StoredDeadLetter> {
  const jsm = await jetstreamManager(connection, { checkAPI: false });
  const cursor = await StreamCursor.open(jsm, stream, [events.deadLetter.pattern.wildcard], {
    kind: 'sequence',
    sequence: 1,
  });
  for (let page = await cursor.nextPage(); page.length > 0; page = await cursor.nextPage()) {
    for (const message of page) {
      yield toStoredDeadLetter(message.sequence, decodeEvent(message));
    }
  }
}

/** One dead letter. Throws `FORGE_DEAD_LETTER_UNKNOWN`. */
export async function getDeadLetter(connection: NatsConnection, sequence: number): Promise<StoredDeadLetter> {
  const jsm = await jetstreamManager(connection, { checkAPI: false });
  const cursor = await StreamCursor.open(jsm, stream, [events.deadLetter.pattern.wildcard], {
    kind: 'sequence',
    sequence,
  });
  const message = (await cursor.nextPage())[0];
  if (message?.sequence !== sequence) {
    throw new ForgeError(
      'FORGE_DEAD_LETTER_UNKNOWN',
      `There is no dead letter ${sequence}: it was handled again, or has aged out`,
    );
  }
  return toStoredDeadLetter(sequence, decodeEvent(message));
}

function toStoredDeadLetter(sequence: number, event: ForgeEvent): StoredDeadLetter {
  const { stream: origin = '', consumer = '' } = event.params;
  return { sequence, app: event.source.slice(1), consumer, stream: origin, event: event as ForgeEvent<DeadLetter> };
}
