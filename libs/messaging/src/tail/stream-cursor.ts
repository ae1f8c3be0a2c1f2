import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import type { HeaderReader, StoredMessage } from '@sentinel-forge/contracts';
import { directPage } from './direct-page.js';

/** Where reading begins. */
export type StartPoint =
  | { readonly kind: 'sequence'; readonly sequence: number }
  | { readonly kind: 'time'; readonly timeMs: number }
  /** After what is there now. */
  | { readonly kind: 'new' };

const pageSize = 256;

/**
 * Reads a stream from a place on, page by page, with direct gets: it needs no consumer, holds nothing on the server, and
 * can be resumed at any sequence. That is what people and pages read with; services have their durable consumers.
 */
export class StreamCursor {
  #next: number | undefined;

  private constructor(
    private readonly jsm: JetStreamManager,
    private readonly stream: string,
    private readonly filter: string,
    private readonly start: StartPoint,
  ) {}

  static async open(jsm: JetStreamManager, stream: string, filter: string, start: StartPoint): Promise<StreamCursor> {
    const cursor = new StreamCursor(jsm, stream, filter, start);
    if (start.kind === 'sequence') {
      cursor.#next = start.sequence;
    } else if (start.kind === 'new') {
      cursor.#next = (await jsm.streams.info(stream)).state.last_seq + 1;
    }
    return cursor;
  }

  /** The next messages, at most 256, in order; empty when there are no more for now. */
  async nextPage(): Promise<readonly StoredMessage[]> {
    const from =
      this.#next === undefined
        ? { start_time: new Date(this.start.kind === 'time' ? this.start.timeMs : 0) }
        : { seq: Math.max(1, this.#next) };
    const messages = await directPage(this.jsm, this.stream, { ...from, batch: pageSize, next_by_subj: this.filter });
    const page = messages.map((message) => toStoredMessage(this.stream, message));
    const last = page.at(-1);
    if (last !== undefined) {
      this.#next = last.sequence + 1;
    }
    return page;
  }
}

function toStoredMessage(stream: string, message: StoredMsg): StoredMessage {
  return {
    stream,
    sequence: message.seq,
    subject: message.subject,
    headers: message.header as HeaderReader | undefined,
    payload: message.data,
    storedAtMs: message.time.getTime(),
  };
}
