import type { NatsConnection } from '@nats-io/transport-node';
import type { ConsumerDefinition, Log } from '@sentinel-forge/contracts';
import type { DeadLetterWriter } from '../dead-letter/dead-letter-writer.js';
import type { HandlerTable } from './handlers.js';
import type { RetryPolicy } from './settlement.js';

/** What every reader works with. */
export interface ReaderContext {
  readonly connection: NatsConnection;
  readonly inboxPrefix: string;
  readonly consumer: ConsumerDefinition;
  readonly handlers: HandlerTable;
  readonly deadLetters: DeadLetterWriter;
  readonly retryPolicy: RetryPolicy;
  readonly log: Log;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** One reader of one durable consumer, from when it starts until it is stopped or loses its consumer. */
export interface Reader {
  /** Resolves with the reason when the consumer was lost and reading must start over; never after {@link stop}. */
  readonly lost: Promise<string>;
  /** What was under way when the connection broke may be gone: see to it. */
  reconnected(): void;
  /** Takes nothing new, finishes what is in flight, within the budget. */
  stop(budgetMs: number): Promise<void>;
}
