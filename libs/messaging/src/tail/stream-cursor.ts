import { type JetStreamManager, type StoredMsg } from '@nats-io/jetstream';
import { type HeaderReader, isUnderFilter, type StoredMessage } from '@sentinel-forge/contracts';
import { directPage } from './direct-page.js';

/** Where reading begins. */
export type StartPoint =
  | { readonly kind: 'sequence'; readonly sequence: number }
  | { readonly kind: 'time'; readonly timeMs: number }
  /** After what is there now. */
  | { readonly kind: 'new' }
  /** After the last message that was seen of each stream; of others, after what is there now. */
  | { readonly kind: 'after'; readonly sequences: ReadonlyMap<string, number> };

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
    private readonly filters: readonly string[],
    private readonly start: StartPoint,
  ) {}

  /** A message is read when it falls under one of the filters; once, also when it falls under several. */
  static async open(
    jsm: JetStreamManager,
    stream: string,
    filters: readonly string[],
    start: StartPoint,
  ): Promise<StreamCursor> {
    const cursor = new StreamCursor(jsm, stream, filters, start);
    const seen = start.kind === 'after' ? start.sequences.get(stream) : undefined;
    if (start.kind === 'sequence') {
      cursor.#next = start.sequence;
    } else if (seen !== undefined) {
      cursor.#next = seen + 1;
    } else if (start.kind !== 'time') {
      cursor.#next = (await jsm.streams.info(stream)).state.last_seq + 1;
    }
    return cursor;
  }

  /** The next messages, at most 256, in order; empty when there are no more for now. A page that failed is read again. */
  async nextPage(): Promise<readonly StoredMessage[]> {
    // A direct get takes one filter; what several of them leave out is left out here.
    const [only] = this.filters;
    const filter = this.filters.length === 1 && only !== undefined ? only : '>';
    for (;;) {
      const page = await directPage(this.jsm, this.stream, { ...this.#from(), batch: pageSize, next_by_subj: filter });
      const last = page.at(-1);
      if (last === undefined) {
        return [];
      }
      this.#next = last.seq + 1;
      const wanted = page.filter(({ subject }) => this.filters.some((one) => isUnderFilter(subject, one)));
      if (wanted.length > 0) {
        return wanted.map((message) => toStoredMessage(this.stream, message));
      }
    }
  }

  #from(): { readonly seq: number } | { readonly start_time: Date } {
    return this.#next === undefined
      ? { start_time: new Date(this.start.kind === 'time' ? this.start.timeMs : 0) }
      : { seq: Math.max(1, this.#next) };
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
