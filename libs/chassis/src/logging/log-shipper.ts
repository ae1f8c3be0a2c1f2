import { events, isAppName, limits, LogRecord, validatorFor } from '@sentinel-forge/contracts';
import type { EventPublisher, MeshConnection } from '@sentinel-forge/messaging';
import type { ServiceLog, WrittenRecord } from './service-log.js';

const maxWaiting = 5_000;

/**
 * Sends the log records of a service to the mesh (`log.<app>.<level>`), beside stdout. In the background and within
 * bounds: logging never holds up a service, and when NATS is away longer than the queue can bear, the oldest records are
 * dropped here and the count of them is told. stdout has them all.
 */
export class LogShipper {
  readonly #waiting: WrittenRecord[] = [];
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
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, budgetMs);
      await Promise.race([this.#shipping, promise]);
      clearTimeout(timer);
    }
  }

  #accept(record: WrittenRecord): void {
    this.#waiting.push(record);
    if (this.#waiting.length > maxWaiting) {
      this.#waiting.shift();
      this.#dropped += 1;
    }
    this.#shipping ??= this.#ship().finally(() => {
      this.#shipping = undefined;
    });
  }

  async #ship(): Promise<void> {
    await this.connection.whenConnected().catch(() => undefined);
    while (this.#waiting.length > 0 && !this.connection.closed.aborted) {
      const batch = this.#waiting.splice(0, 256);
      try {
        await Promise.all(batch.map((record) => this.#send(record)));
        this.#tellDropped();
      } catch {
        // Not logged: a record of it would stand in the same queue. What can still be sent is tried again.
        this.#waiting.unshift(...batch.slice(0, maxWaiting - this.#waiting.length));
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    }
  }

  async #send({ svc, lvl, evt, time, trace, msg, fields }: WrittenRecord): Promise<void> {
    const record: LogRecord = {
      svc,
      lvl,
      evt: evt.slice(0, limits.nameLength),
      time,
      ...(trace === undefined ? {} : { trace }),
      ...(msg === undefined ? {} : { msg: msg.slice(0, limits.stringLength) }),
      ...(Object.keys(fields).length === 0 ? {} : { fields: bounded(fields) }),
    };
    if (isAppName(svc)) {
      const options = trace === undefined ? {} : { trace: { traceId: trace, spanId: trace.slice(0, 16) } };
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
  const json = JSON.parse(JSON.stringify(fields)) as Record<string, unknown>;
  const probe = { svc: 'x', lvl: 'info', evt: 'x', time: '2026-01-01T00:00:00Z', fields: json };
  return validatorFor(LogRecord).isValid(probe) ? json : { truncated: JSON.stringify(json).slice(0, limits.stringLength) };
}
