import { type BeforeApplicationShutdown, Controller, Get, Headers, Inject, Query, Res } from '@nestjs/common';
import { Redactor, RequireScope, withoutEnclosedSecrets } from '@sentinel-forge/chassis';
import { ForgeError, outlineOf, type StoredMessage, streamNames, streams } from '@sentinel-forge/contracts';
import { followStreams, MeshConnection, type StartPoint } from '@sentinel-forge/messaging';
import type { FastifyReply } from 'fastify';
import { formatTailCursor, parseTailCursor } from './tail-cursor.js';

const keepAliveMs = 15_000;
const maxReaders = 64;
const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `GET /tail`: what is said on the mesh, live, as server-sent events (HTML Living Standard, section 9.2). */
@Controller('tail')
export class TailController implements BeforeApplicationShutdown {
  readonly #readers = new Set<AbortController>();

  constructor(
    @Inject(MeshConnection) private readonly connection: MeshConnection,
    @Inject(Redactor) private readonly redactor: Redactor,
  ) {}

  beforeApplicationShutdown(): void {
    for (const reader of this.#readers) {
      reader.abort();
    }
  }

  /**
   * `?subject=` (repeatable; everything when not given) and `?since=10m`. A reader that comes back with `Last-Event-ID` goes
   * on where it was, without a gap and without repetition.
   */
  @Get()
  @RequireScope('record:read')
  async tail(
    @Query('subject') subject: string | readonly string[] | undefined,
    @Query('since') since: string | undefined,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const filters = subject === undefined ? streamNames.flatMap((name) => streams[name].subjects) : [subject].flat();
    const start = startOf(since, lastEventId);
    if (this.#readers.size >= maxReaders) {
      throw new ForgeError('FORGE_HTTP_RATE_LIMITED', `${maxReaders} readers follow already`);
    }
    const ended = new AbortController();
    reply.raw.on('close', () => ended.abort());
    const messages = followStreams(this.connection.current, { filters, start, signal: ended.signal });
    // A wrong subject is refused with a status, so the first answer comes before the stream is opened.
    const first = messages.next();
    await Promise.race([first, new Promise((resolve) => setTimeout(resolve, 50))]);
    await this.#stream(messages, first, start, reply, ended);
  }

  async #stream(
    messages: AsyncGenerator<StoredMessage>,
    first: Promise<IteratorResult<StoredMessage>>,
    start: StartPoint,
    reply: FastifyReply,
    ended: AbortController,
  ): Promise<void> {
    this.#readers.add(ended);
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream',
      'x-accel-buffering': 'no',
    });
    raw.flushHeaders();
    const keepAlive = setInterval(() => raw.write(': still here\n\n'), keepAliveMs);
    const cursor = new Map<string, number>(start.kind === 'after' ? start.sequences : []);
    try {
      for (let next = await first; next.done !== true; next = await messages.next()) {
        cursor.set(next.value.stream, next.value.sequence);
        const canGoOn = raw.write(this.#format(next.value, formatTailCursor(cursor)));
        if (!canGoOn && !ended.signal.aborted) {
          await new Promise((resolve) => {
            raw.once('drain', resolve);
            ended.signal.addEventListener('abort', resolve, { once: true });
          });
        }
      }
    } finally {
      this.#readers.delete(ended);
      clearInterval(keepAlive);
      raw.end();
    }
  }

  #format(message: StoredMessage, id: string): string {
    const { stream, sequence, subject } = message;
    const { payload } = withoutEnclosedSecrets(message, this.redactor);
    const { id: eventId, source, timeMs, traceId } = outlineOf(message);
    const { value } = this.redactor.json(payload);
    const data = {
      stream,
      sequence,
      subject,
      id: eventId,
      source,
      time: new Date(timeMs).toISOString(),
      traceId,
      data: parsed(value),
    };
    return `id: ${id}\nevent: ${subject.split('.')[0]}\ndata: ${JSON.stringify(data)}\n\n`;
  }
}

function startOf(since: string | undefined, lastEventId: string | undefined): StartPoint {
  const sequences = lastEventId === undefined ? undefined : parseTailCursor(lastEventId);
  if (sequences !== undefined) {
    return { kind: 'after', sequences };
  }
  if (since === undefined) {
    return { kind: 'new' };
  }
  const [, amount, unit = ''] = /^(\d{1,9})([smhd])$/.exec(since) ?? [];
  const unitMs = units[unit];
  if (unitMs === undefined) {
    throw new ForgeError('FORGE_EVENT_INVALID', 'since must be a number and one of s, m, h, d: 10m');
  }
  return { kind: 'time', timeMs: Date.now() - Number(amount) * unitMs };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
