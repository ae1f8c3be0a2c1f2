import { type ChannelName, ForgeError } from '@sentinel-forge/contracts';
import type { DeliveryState } from './delivery.js';
import type { OutboxDatabase } from './outbox.database.js';

/** One line of the history: a notice on its way to one recipient, or one that goes to nobody. */
export interface HistoryEntry {
  /** The idempotency id; empty where the notice goes to nobody. */
  readonly id: string;
  readonly eventId: string;
  readonly kind: 'notice' | 'digest';
  readonly subject: string;
  readonly title: string;
  readonly severity: number;
  readonly traceId?: string;
  readonly channel?: ChannelName;
  /** What people may see of the address. */
  readonly recipient?: string;
  /** `untold`: it goes to nobody, and `reason` says why. */
  readonly state: DeliveryState | 'untold';
  readonly attempts: number;
  /** What the other side answered last, or why it failed. */
  readonly reason: string;
  /** The digest that it went, or will go, out in. */
  readonly digestId?: string;
  readonly acceptedAt: string;
  readonly nextAttemptAt?: string;
  readonly settledAt?: string;
}

/** Which part of the history. */
export interface HistoryQuery {
  readonly traceId?: string;
  /** Only the dead letters. Without a trace, of a digest the digest and not what is in it. */
  readonly failed?: boolean;
  /** At most so many, newest first. */
  readonly limit?: number;
  /** Go on after this one: `next` of the page before. */
  readonly after?: string;
}

/** A page of the history. */
export interface HistoryPage {
  readonly entries: readonly HistoryEntry[];
  /** For the next page; absent on the last. */
  readonly next?: string;
}

/** A settled delivery that the mesh was not told of yet. */
export interface Outcome {
  readonly noticeId: string;
  readonly state: 'delivered' | 'failed';
  readonly channel: ChannelName;
  readonly title: string;
  readonly traceId?: string;
  readonly attempts: number;
  readonly reason: string;
  readonly digestId?: string;
  readonly settledAtMs: number;
}

const defaultLimit = 100;
const entryColumns = `
  n.seq AS notice_seq, d.seq AS delivery_seq, n.event_id, n.kind, n.subject, n.title, n.severity, n.trace_id, n.accepted_at,
  n.untold, d.id, d.channel, d.label, d.state, d.attempts, d.reason, d.digest_id, d.next_attempt_at, d.settled_at`;

/** What became of notices, the dead letters among them, and how long that is known. */
export class OutboxHistory {
  constructor(private readonly database: OutboxDatabase) {}

  /** Newest first. Throws `FORGE_HTTP_REFUSED` for an `after` that is none. */
  list(query: HistoryQuery): HistoryPage {
    return query.failed === true ? this.#failed(query) : this.#all(query);
  }

  #all({ traceId, limit = defaultLimit, after }: HistoryQuery): HistoryPage {
    const [noticeSeq, deliverySeq] = cursor(after);
    const byTrace = traceId === undefined ? '' : 'n.trace_id = $traceId AND';
    const rows = this.database.all<EntryRow>(
      `SELECT ${entryColumns} FROM notices n LEFT JOIN deliveries d USING (event_id)
       WHERE ${byTrace} n.seq <= $noticeSeq AND (n.seq, coalesce(d.seq, 0)) < ($noticeSeq, $deliverySeq)
       ORDER BY n.seq DESC, d.seq DESC LIMIT $limit`,
      { ...(traceId === undefined ? {} : { traceId }), noticeSeq, deliverySeq, limit },
    );
    return page(rows, limit);
  }

  // A digest has no trace of its own: who asks for one wants to see what is in it.
  #failed({ traceId, limit = defaultLimit, after }: HistoryQuery): HistoryPage {
    const which = traceId === undefined ? 'd.digest_id IS NULL' : 'n.trace_id = $traceId';
    const rows = this.database.all<EntryRow>(
      `SELECT ${entryColumns} FROM deliveries d JOIN notices n USING (event_id)
       WHERE d.state = 'failed' AND ${which} AND d.seq < $before
       ORDER BY d.seq DESC LIMIT $limit`,
      { ...(traceId === undefined ? {} : { traceId }), before: cursor(after)[1], limit },
    );
    return page(rows, limit);
  }

  /** What is not told yet, by channel: `pending` is tried at its time, `held` waits for a digest. */
  waiting(): readonly { readonly channel: ChannelName; readonly state: 'pending' | 'held'; readonly count: number }[] {
    return this.database.all(
      `SELECT channel, 'pending' AS state, count(*) AS count FROM deliveries WHERE state = 'pending' GROUP BY channel
       UNION ALL
       SELECT channel, 'held', count(*) FROM deliveries WHERE state = 'held' AND digest_id IS NULL GROUP BY channel`,
    );
  }

  /** How many deliveries are in each state; what waits is `pending + sending + held`. */
  counts(): Readonly<Record<DeliveryState, number>> {
    const rows = this.database.all<{ state: DeliveryState; count: number }>(
      'SELECT state, count(*) AS count FROM deliveries GROUP BY state',
    );
    return {
      pending: 0,
      sending: 0,
      held: 0,
      delivered: 0,
      failed: 0,
      ...Object.fromEntries(rows.map((row) => [row.state, row.count])),
    };
  }

  /**
   * Sends a dead letter again, under the same id; for one that went out in a digest, the digest with all that is in it. Returns
   * the id that it goes out under. Throws `FORGE_NOTIFY_UNKNOWN` when there is no such dead letter.
   */
  replay(id: string, nowMs: number): string {
    return this.database.transaction(() => {
      const [letter] = this.database.all<{ carrier: string }>(
        `SELECT coalesce(digest_id, id) AS carrier FROM deliveries WHERE id = $id AND state = 'failed'`,
        { id },
      );
      if (letter === undefined) {
        throw new ForgeError('FORGE_NOTIFY_UNKNOWN', `There is no failed notice ${id}`);
      }
      const { carrier } = letter;
      this.database.run(
        `UPDATE deliveries SET state = 'pending', attempts = 0, queued_at = $nowMs, next_attempt_at = $nowMs, not_before = 0,
           settled_at = NULL WHERE id = $carrier`,
        { carrier, nowMs },
      );
      this.database.run(`UPDATE deliveries SET state = 'held', settled_at = NULL WHERE digest_id = $carrier`, {
        carrier,
      });
      return carrier;
    });
  }

  /** What was settled and not announced yet, oldest first. */
  unannounced(limit: number): readonly Outcome[] {
    const rows = this.database.all<OutcomeRow>(
      `SELECT d.id, d.state, d.channel, n.title, n.trace_id, d.attempts, d.reason, d.digest_id, d.settled_at
       FROM deliveries d JOIN notices n USING (event_id)
       WHERE d.is_announced = 0 AND d.state IN ('delivered', 'failed') ORDER BY d.seq LIMIT $limit`,
      { limit },
    );
    return rows.map(toOutcome);
  }

  /** Remembers that outcomes were announced; one that was replayed meanwhile has, or will have, another outcome. */
  markAnnounced(outcomes: readonly Outcome[]): void {
    this.database.transaction(() => {
      for (const { noticeId, settledAtMs } of outcomes) {
        this.database.run('UPDATE deliveries SET is_announced = 1 WHERE id = $noticeId AND settled_at = $settledAtMs', {
          noticeId,
          settledAtMs,
        });
      }
    });
  }

  /**
   * Forgets what was settled and announced before a moment, at most `limit` at once. An event that comes again after that would
   * be told again: keep longer than the streams do. Returns how many deliveries went.
   */
  forget(beforeMs: number, limit: number): number {
    return this.database.transaction(() => {
      const forgotten = this.database.run(
        `DELETE FROM deliveries WHERE seq IN (
           SELECT seq FROM deliveries WHERE settled_at < $beforeMs AND is_announced = 1 ORDER BY settled_at LIMIT $limit)`,
        { beforeMs, limit },
      );
      this.database.run(
        `DELETE FROM notices WHERE seq IN (
           SELECT n.seq FROM notices n WHERE n.accepted_at < $beforeMs
             AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = n.event_id) LIMIT $limit)`,
        { beforeMs, limit },
      );
      return forgotten;
    });
  }
}

interface EntryRow {
  readonly notice_seq: number;
  readonly delivery_seq: number | null;
  readonly event_id: string;
  readonly kind: 'notice' | 'digest';
  readonly subject: string;
  readonly title: string;
  readonly severity: number;
  readonly trace_id: string | null;
  readonly accepted_at: number;
  readonly untold: string;
  readonly id: string | null;
  readonly channel: ChannelName | null;
  readonly label: string | null;
  readonly state: DeliveryState | null;
  readonly attempts: number | null;
  readonly reason: string | null;
  readonly digest_id: string | null;
  readonly next_attempt_at: number | null;
  readonly settled_at: number | null;
}

interface OutcomeRow {
  readonly id: string;
  readonly state: 'delivered' | 'failed';
  readonly channel: ChannelName;
  readonly title: string;
  readonly trace_id: string | null;
  readonly attempts: number;
  readonly reason: string;
  readonly digest_id: string | null;
  readonly settled_at: number;
}

/** A cursor is `<notice>.<delivery>`, the place of the last entry; without one, before everything. */
function cursor(after: string | undefined): readonly [number, number] {
  if (after === undefined) {
    return [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  }
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(after);
  if (match === null) {
    throw new ForgeError('FORGE_HTTP_REFUSED', '`after` must be the `next` of the page before');
  }
  return [Number(match[1]), Number(match[2])];
}

function page(rows: readonly EntryRow[], limit: number): HistoryPage {
  const last = rows.at(-1);
  const entries = rows.map(toEntry);
  return last === undefined || rows.length < limit
    ? { entries }
    : { entries, next: `${last.notice_seq}.${last.delivery_seq ?? 0}` };
}

function toEntry(row: EntryRow): HistoryEntry {
  const state = row.state ?? 'untold';
  return {
    id: row.id ?? '',
    eventId: row.event_id,
    kind: row.kind,
    subject: row.subject,
    title: row.title,
    severity: row.severity,
    ...(row.trace_id === null ? {} : { traceId: row.trace_id }),
    ...(row.channel === null ? {} : { channel: row.channel }),
    ...(row.label === null ? {} : { recipient: row.label }),
    state,
    attempts: row.attempts ?? 0,
    reason: row.reason ?? row.untold,
    ...(row.digest_id === null ? {} : { digestId: row.digest_id }),
    acceptedAt: iso(row.accepted_at),
    ...(state === 'pending' && row.next_attempt_at !== null ? { nextAttemptAt: iso(row.next_attempt_at) } : {}),
    ...(row.settled_at === null ? {} : { settledAt: iso(row.settled_at) }),
  };
}

function toOutcome(row: OutcomeRow): Outcome {
  const { id: noticeId, state, channel, title, attempts, reason } = row;
  return {
    ...{ noticeId, state, channel, title, attempts, reason },
    ...(row.trace_id === null ? {} : { traceId: row.trace_id }),
    ...(row.digest_id === null ? {} : { digestId: row.digest_id }),
    settledAtMs: row.settled_at,
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
