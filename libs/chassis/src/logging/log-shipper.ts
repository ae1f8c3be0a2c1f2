import {
  events,
  isAppName,
  isRetryable,
  LogRecord,
  limits,
  newTrace,
  traceIdPattern,
  validatorFor,
} from '@sentinel-forge/contracts';
import { type EventPublisher, type MeshConnection, randomHex, within } from '@sentinel-forge/messaging';
import type { ServiceLog, WrittenRecord } from './service-log.js';

const maxWaiting = 5_000;
const batchSize = 256;
const retryPauseMs = 1_000;

/** A record that waits, with the id that makes a second try of it no second record. */
interface WaitingRecord {
  readonly id: string;
  readonly record: WrittenRecord;
}

/**
 * Sends the log records of a service to the mesh (`log.<app>.<level>`), beside stdout. In the background and within
 * bounds: logging never holds up a service, and when NATS is away longer than the queue can bear, the oldest records are
 * dropped here and the count of them is told. stdout has them all.
 */
export class LogShipper {
  #waiting: WaitingRecord[] = [];
  #dropped = 0;
  #shipping: Promise<void> | undefined;

  constructor(
    private readonly publisher: EventPublisher,
    private readonly connection: MeshConnection,
    private readonly log: ServiceLog,
  ) {}

  start(): void {
    this.log.onRecord((record) => this.#accept(record));
  }

  /** Sends what is waiting, as far as that goes within the budget. */
  async flush(budgetMs: number): Promise<void> {
    if (this.#shipping !== undefined) {
      await within(this.#shipping, budgetMs);
    }
  }

  #accept(record: WrittenRecord): void {
    this.#waiting.push({ id: randomHex(16), record });
    this.#dropOldest();
    this.#shipping ??= this.#ship().finally(() => {
      this.#shipping = undefined;
    });
  }

  #dropOldest(): void {
    const excess = this.#waiting.length - maxWaiting;
    if (excess > 0) {
      this.#waiting.splice(0, excess);
      this.#dropped += excess;
    }
  }

  async #ship(): Promise<void> {
    await this.connection.whenConnected().catch(() => undefined);
    while (this.#waiting.length > 0 && !this.connection.closed.aborted) {
      const unsent = await this.#sendAll(this.#waiting.splice(0, batchSize));
      if (unsent.length === 0) {
        this.#tellDropped();
        continue;
      }
      // Not logged: a record of it would stand in the same queue. What can still be sent is tried again.
      this.#waiting = [...unsent, ...this.#waiting];
      this.#dropOldest();
      await new Promise((resolve) => setTimeout(resolve, retryPauseMs));
    }
  }

  /** The records that another try can help. One that can never be sent must hold up no other: it is dropped. */
  async #sendAll(batch: readonly WaitingRecord[]): Promise<readonly WaitingRecord[]> {
    const unsent = await Promise.all(
      batch.map((waiting) =>
        this.#send(waiting).then(
          () => [],
          (error: unknown) => {
            this.#dropped += isRetryable(error) ? 0 : 1;
            return isRetryable(error) ? [waiting] : [];
          },
        ),
      ),
    );
    return unsent.flat();
  }

  async #send({ id, record: { svc, lvl, evt, time, trace, msg, fields } }: WaitingRecord): Promise<void> {
    const isInTrace = trace !== undefined && traceIdPattern.test(trace);
    const record: LogRecord = {
      svc,
      lvl,
      evt: evt.slice(0, limits.nameLength),
      time,
      ...(isInTrace ? { trace } : {}),
      ...(msg === undefined ? {} : { msg: msg.slice(0, limits.stringLength) }),
      ...(Object.keys(fields).length === 0 ? {} : { fields: bounded(fields) }),
    };
    if (isAppName(svc)) {
      const options = isInTrace ? { id, trace: newTrace(randomHex, trace) } : { id };
      await this.publisher.publish(events.logRecord, { app: svc, level: lvl }, record, options);
    }
  }

  #tellDropped(): void {
    if (this.#dropped > 0) {
      const count = this.#dropped;
      this.#dropped = 0;
      this.log.warn('log.dropped', { count });
    }
  }
}

// What a log record says is never a reason not to send it: beyond the limits of the contract it goes as text, cut.
function bounded(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const text = JSON.stringify(fields);
  const json = JSON.parse(text) as Record<string, unknown>;
  const probe = { svc: 'x', lvl: 'info', evt: 'x', time: '2026-01-01T00:00:00Z', fields: json };
  const isFitting = Buffer.byteLength(text) < limits.eventBytes / 2 && validatorFor(LogRecord).isValid(probe);
  return isFitting ? json : { truncated: text.slice(0, limits.stringLength) };
}
