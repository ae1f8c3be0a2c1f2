import { once } from 'node:events';
import { type BeforeApplicationShutdown, Controller, Get, Headers, Inject, Query, Res } from '@nestjs/common';
import { Redactor, RequireScope, withoutEnclosedSecrets } from '@sentinel-forge/chassis';
import { ForgeError, outlineOf, type StoredMessage, streamNames, streams } from '@sentinel-forge/contracts';
import { followStreams, MeshConnection, type StartPoint, type StreamFollower } from '@sentinel-forge/messaging';
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
    if (reply.raw.destroyed) {
      return; // it went away while its token was looked at, and nothing would tell of it any more
    }
    const ended = new AbortController();
    reply.raw.on('close', () => ended.abort());
    this.#readers.add(ended);
    try {
      // A wrong subject is refused with a status, so the start is fixed before the answer begins.
      const follower = await followStreams(this.connection.current, { filters, start, signal: ended.signal });
      await this.#stream(follower, reply, ended.signal);
    } finally {
      this.#readers.delete(ended);
    }
  }

  async #stream(follower: StreamFollower, reply: FastifyReply, signal: AbortSignal): Promise<void> {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream',
      'x-accel-buffering': 'no',
    });
    const cursor = new Map(follower.after);
    // An id without data is kept by the reader and shown to nobody: one that is cut off before the first event, or
    // before a stream's first, goes on from here too.
    raw.write(`id: ${formatTailCursor(cursor)}\n\n`);
    const keepAlive = setInterval(() => raw.write(': still here\n\n'), keepAliveMs);
    try {
      for await (const message of follower) {
        cursor.set(message.stream, message.sequence);
        const canGoOn = raw.write(this.#format(message, formatTailCursor(cursor)));
        if (!canGoOn && !signal.aborted) {
          await once(raw, 'drain', { signal }).catch(() => undefined); // aborted: the loop sees it
        }
      }
    } finally {
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
  return { kind: 'time', timeMs: Math.max(0, Date.now() - Number(amount) * unitMs) };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
