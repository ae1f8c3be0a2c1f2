import type { ChannelName } from '@sentinel-forge/contracts';
import type { OutboundMessage } from '../channels/channel.port.js';
import type { BreakerState } from './breaker.service.js';
import type { DueDelivery } from './delivery.js';
import type { OutboxDatabase } from './outbox.database.js';
import type { NextStep } from './schedule.service.js';

interface DueRow {
  readonly id: string;
  readonly channel: ChannelName;
  readonly address: string;
  readonly circuit: string;
  readonly attempts: number;
  readonly queued_at: number;
  readonly kind: OutboundMessage['kind'];
  readonly title: string;
  readonly body: string;
  readonly severity: number;
  readonly trace_id: string | null;
  readonly occurred_at: number;
  readonly data: string;
}

/** What sending reads and writes. When a method returns, its change survives the process. Time is passed in. */
export class OutboxStore {
  constructor(private readonly database: OutboxDatabase) {}

  /** What was being sent when nobody could write down the outcome is sent again, under the same id. */
  recover(nowMs: number, exceptIds: readonly string[] = []): void {
    this.database.run(
      `UPDATE deliveries SET state = 'pending', next_attempt_at = $nowMs
       WHERE state = 'sending' AND id NOT IN (SELECT value FROM json_each($exceptIds))`,
      { nowMs, exceptIds: JSON.stringify(exceptIds) },
    );
  }

  /**
   * After a start the clock may say less than when this was written, because it was set back meanwhile. What would wait for longer
   * than anything ever does is due now, or as soon as the other side allows; and nothing was told or queued in the future.
   */
  recallClock(
    nowMs: number,
    longestMs: { readonly retry: number; readonly retryAfter: number; readonly hold: number },
  ): void {
    this.database.run(
      `UPDATE deliveries SET
         not_before      = min(not_before, $nowMs + $retryAfter),
         next_attempt_at = CASE WHEN next_attempt_at > max($nowMs, not_before) + $retry OR not_before > $nowMs + $retryAfter
                           THEN max($nowMs, min(not_before, $nowMs + $retryAfter)) ELSE next_attempt_at END,
         held_until      = min(held_until, $nowMs + $hold),
         queued_at       = min(queued_at, $nowMs),
         message_at      = min(message_at, $nowMs)
       WHERE state IN ('pending', 'sending', 'held') OR message_at > $nowMs`,
      { nowMs, ...longestMs },
    );
  }

  /** What is to be sent on a channel now, except on the circuits named. */
  due(channel: ChannelName, blockedCircuits: readonly string[], limit: number, nowMs: number): readonly DueDelivery[] {
    const rows = this.database.all<DueRow>(
      `SELECT d.id, d.channel, d.address, d.circuit, d.attempts, d.queued_at,
              n.kind, n.title, n.body, n.severity, n.trace_id, n.occurred_at, n.data
       FROM deliveries d JOIN notices n USING (event_id)
       WHERE d.channel = $channel AND d.state = 'pending' AND d.next_attempt_at <= $nowMs
         AND d.circuit NOT IN (SELECT value FROM json_each($blocked))
       ORDER BY d.next_attempt_at, d.seq LIMIT $limit`,
      { channel, blocked: JSON.stringify(blockedCircuits), limit, nowMs },
    );
    return rows.map(toDue);
  }

  /** Remembers that tries begin, so that one which a crash cuts off counts. */
  markSending(ids: readonly string[]): void {
    this.database.run(
      `UPDATE deliveries SET state = 'sending', attempts = attempts + 1
       WHERE state = 'pending' AND id IN (SELECT value FROM json_each($ids))`,
      { ids: JSON.stringify(ids) },
    );
  }

  /** Writes down what a try came to, for a digest also for everything in it, together with the circuit's state. */
  settle(id: string, step: NextStep, circuit: string, breaker: BreakerState, nowMs: number): void {
    this.database.transaction(() => {
      if (step.kind === 'retry') {
        const { atMs, notBeforeMs, reason } = step;
        this.database.run(
          `UPDATE deliveries SET state = 'pending', next_attempt_at = $atMs, not_before = $notBeforeMs, reason = $reason
           WHERE id = $id AND state = 'sending'`,
          { id, atMs, notBeforeMs, reason },
        );
      } else {
        const { kind: state, reason } = step;
        this.database.run(
          `UPDATE deliveries SET state = $state, reason = $reason, settled_at = $nowMs, is_announced = 0,
             attempts = (SELECT attempts FROM deliveries WHERE id = $id)
           WHERE (id = $id AND state = 'sending') OR digest_id = $id`,
          { id, state, reason, nowMs },
        );
      }
      this.#saveBreaker(circuit, breaker);
    });
  }

  /** Tries what waits on a circuit now, or as soon as the other side allows; a `limit` of 1 is a probe. */
  hasten(circuit: string, limit: number, nowMs: number): void {
    this.database.run(
      `UPDATE deliveries SET next_attempt_at = max($nowMs, not_before)
       WHERE next_attempt_at > $nowMs AND seq IN (
         SELECT seq FROM deliveries WHERE circuit = $circuit AND state = 'pending' ORDER BY next_attempt_at LIMIT $limit
       )`,
      { circuit, limit, nowMs },
    );
  }

  /**
   * Gives up what waits since before a moment for a channel that is not set up any more: nobody else ever would. Returns how
   * many.
   */
  abandon(channels: readonly ChannelName[], beforeMs: number, nowMs: number): number {
    const ids = this.database.all<{ id: string }>(
      `SELECT id FROM deliveries WHERE state = 'pending' AND queued_at < $beforeMs
         AND channel NOT IN (SELECT value FROM json_each($channels))`,
      { beforeMs, channels: JSON.stringify(channels) },
    );
    return this.database.run(
      `UPDATE deliveries SET state = 'failed', reason = 'the channel is not set up any more', settled_at = $nowMs,
         is_announced = 0
       WHERE (state = 'pending' AND id IN (SELECT value FROM json_each($ids)))
          OR digest_id IN (SELECT value FROM json_each($ids))`,
      { ids: JSON.stringify(ids.map(({ id }) => id)), nowMs },
    );
  }

  /** The circuits that are not simply closed, so that a restart does not run against a server that is known to be down. */
  breakers(): ReadonlyMap<string, BreakerState> {
    const rows = this.database.all<{ circuit: string; state: string }>('SELECT circuit, state FROM breakers');
    return new Map(rows.map(({ circuit, state }) => [circuit, JSON.parse(state) as BreakerState]));
  }

  #saveBreaker(circuit: string, breaker: BreakerState): void {
    if (breaker.kind === 'closed') {
      this.database.run('DELETE FROM breakers WHERE circuit = $circuit', { circuit });
    } else {
      this.database.run(
        `INSERT INTO breakers (circuit, state) VALUES ($circuit, $state)
         ON CONFLICT (circuit) DO UPDATE SET state = excluded.state`,
        { circuit, state: JSON.stringify(breaker) },
      );
    }
  }
}

function toDue(row: DueRow): DueDelivery {
  const { id, channel, address, circuit, attempts, kind, title, body, severity } = row;
  const data = JSON.parse(row.data) as Record<string, unknown>;
  const trace = row.trace_id === null ? {} : { traceId: row.trace_id };
  return {
    ...{ id, channel, address, circuit, attempts },
    queuedAtMs: row.queued_at,
    message: { id, kind, title, body, severity, ...trace, occurredAtMs: row.occurred_at, data },
  };
}
