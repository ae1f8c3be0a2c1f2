import { Inject, Injectable } from '@nestjs/common';
import {
  consumersOf,
  type DeadLetterCause,
  deadLetterCauses,
  events,
  ForgeError,
  Log,
  limits,
  messageOf,
  parseTraceparent,
} from '@sentinel-forge/contracts';
import { Counter, Registry } from 'prom-client';
import type { Delivery } from '../consume/delivery.js';
import { MessagingOptions } from '../messaging.options.js';
import { EventPublisher } from '../publish/event-publisher.js';

/** Puts what could not be handled where it can be seen, mended and handled again. */
@Injectable()
export class DeadLetterWriter {
  readonly #written: Counter<'stream' | 'consumer' | 'cause'>;

  constructor(
    @Inject(EventPublisher) private readonly publisher: EventPublisher,
    @Inject(Log) private readonly log: Log,
    @Inject(MessagingOptions) { app, host }: MessagingOptions,
    @Inject(Registry) registry: Registry,
  ) {
    this.#written = new Counter({
      name: 'forge_dead_letters_total',
      help: 'Messages that could not be handled, by what was wrong with them',
      labelNames: ['stream', 'consumer', 'cause'],
      registers: [registry],
    });
    // A series that appears with its first count has not increased, as Prometheus reckons: so each begins at 0.
    for (const { stream, name } of consumersOf(app, host)) {
      for (const cause of deadLetterCauses) {
        this.#written.inc({ stream, consumer: name, cause }, 0);
      }
    }
  }

  /** Resolves when the dead letter is stored: only then may the message be given up. */
  async write(delivery: Delivery, consumer: string, cause: DeadLetterCause, error: unknown): Promise<void> {
    const reason = messageOf(error).slice(0, limits.summaryLength);
    const code = error instanceof ForgeError ? error.code : 'FORGE_INTERNAL';
    const { stream, sequence, subject } = delivery;
    this.log.warn('message.dead-lettered', { stream, sequence, subject, consumer, cause, code, error });
    if (stream === 'DEAD_LETTER') {
      return; // a dead letter of a dead letter would be one without end; the log has it
    }
    const trace = parseTraceparent(delivery.headers?.get('traceparent'));
    await this.publisher.publish(
      events.deadLetter,
      { stream, consumer },
      {
        cause,
        code,
        reason,
        subject: subject.slice(0, limits.nameLength),
        sequence,
        deliveries: Math.max(1, delivery.deliveries),
        storedAt: new Date(delivery.storedAtMs).toISOString(),
        headers: boundedHeaders(delivery),
        payload: Buffer.from(delivery.payload).toString('base64'),
      },
      {
        id: `dead-letter:${stream}:${sequence}:${consumer}:${delivery.storedAtMs}`,
        ...(trace === undefined ? {} : { trace }),
      },
    );
    this.#written.inc({ stream, consumer, cause });
  }
}

// Room beside the largest payload that a stream takes, which in base64 has four thirds of its bytes.
const headersBytes = 64 * 1024;

// Headers are the sender's: they may be anything, and must not keep the dead letter itself from being stored.
function boundedHeaders(delivery: Delivery): Record<string, readonly string[]> {
  const kept: [string, readonly string[]][] = [];
  let bytes = 0;
  for (const [name, values] of Object.entries(delivery.headerEntries()).slice(0, 32)) {
    const header: [string, readonly string[]] = [
      name.slice(0, limits.nameLength),
      values.slice(0, 4).map((value) => value.slice(0, limits.stringLength)),
    ];
    const size = Buffer.byteLength(JSON.stringify(header));
    if (bytes + size <= headersBytes) {
      bytes += size;
      kept.push(header);
    }
  }
  return Object.fromEntries(kept);
}
