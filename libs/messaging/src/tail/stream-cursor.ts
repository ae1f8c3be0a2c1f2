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
  #next: number;

  private constructor(
    private readonly jsm: JetStreamManager,
    readonly stream: string,
    private readonly filters: readonly string[],
    /** The sequence after which it began to read. */
    readonly after: number,
  ) {
    this.#next = after + 1;
  }

  /** A message is read when it falls under one of the filters; once, also when it falls under several. */
  static async open(
    jsm: JetStreamManager,
    stream: string,
    filters: readonly string[],
    start: StartPoint,
  ): Promise<StreamCursor> {
    return new StreamCursor(jsm, stream, filters, await lastBefore(jsm, stream, start));
  }

  /** The next messages, at most 256, in order; empty when there are no more for now. A page that failed is read again. */
  async nextPage(): Promise<readonly StoredMessage[]> {
    // A direct get takes one filter; what several of them leave out is left out here.
    const [only] = this.filters;
    const filter = this.filters.length === 1 && only !== undefined ? only : '>';
    for (;;) {
      const page = await directPage(this.jsm, this.stream, { seq: this.#next, batch: pageSize, next_by_subj: filter });
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
}

/** The sequence of the last message that lies before the start point; 0 when none does. */
async function lastBefore(jsm: JetStreamManager, stream: string, start: StartPoint): Promise<number> {
  if (start.kind === 'sequence') {
    return Math.max(1, start.sequence) - 1;
  }
  const seen = start.kind === 'after' ? start.sequences.get(stream) : undefined;
  if (seen !== undefined) {
    return seen;
  }
  // Asked before the time is: what is stored between the two questions then lies after the place that is found.
  const { last_seq: last } = (await jsm.streams.info(stream)).state;
  if (start.kind !== 'time') {
    return last;
  }
  const [first] = await directPage(jsm, stream, { start_time: new Date(start.timeMs), batch: 1 });
  return first === undefined ? last : first.seq - 1;
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
