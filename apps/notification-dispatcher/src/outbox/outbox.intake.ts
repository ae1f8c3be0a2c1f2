import type { ChannelName } from '@sentinel-forge/contracts';
import { admit, type DigestPolicy } from '../digest/admission.service.js';
import type { Notice } from '../notices/notice.js';
import { type Addressed, type DeliveryState, deliveryId } from './delivery.js';
import type { OutboxDatabase } from './outbox.database.js';

/** A notice, and everybody who should get it; with nobody it still stands in the history, with the reason. */
export interface Outgoing {
  readonly notice: Notice;
  readonly recipients: readonly Addressed[];
  readonly untold?: string;
}

/** One delivery of a notice that was taken in. */
export interface Enqueued {
  readonly id: string;
  readonly channel: ChannelName;
  /** What people may see of the address. */
  readonly recipient: string;
  readonly state: DeliveryState;
  /** It was there already: nothing was changed. */
  readonly isKnown: boolean;
}

/**
 * Takes notices in, all or none; when it returns, they are on disk. A delivery that is known already stays what it is, so that
 * an event may come twice. Returns the deliveries of each notice.
 */
export function enqueue(
  database: OutboxDatabase,
  batch: readonly Outgoing[],
  policy: DigestPolicy,
  nowMs: number,
): readonly (readonly Enqueued[])[] {
  return database.transaction(() =>
    batch.map(({ notice, recipients, untold }) => {
      insertNotice(database, 'notice', notice, nowMs, untold);
      return recipients.map((recipient) => enqueueOne(database, notice, recipient, policy, nowMs));
    }),
  );
}

/** Writes a notice, or what stands for a digest, which has no trace of its own. A known one stays as it is. */
export function insertNotice(
  database: OutboxDatabase,
  kind: 'notice' | 'digest',
  notice: Omit<Notice, 'traceId'> & { readonly traceId?: string },
  nowMs: number,
  untold = '',
): void {
  const { eventId, subject, title, body, severity, traceId = null, dedupKey, data, occurredAtMs } = notice;
  database.run(
    `INSERT INTO notices (event_id, kind, subject, title, body, severity, trace_id, dedup_key, data, occurred_at, accepted_at,
       untold)
     VALUES ($eventId, $kind, $subject, $title, $body, $severity, $traceId, $dedupKey, $data, $occurredAtMs, $nowMs,
       $untold)
     ON CONFLICT (event_id) DO NOTHING`,
    {
      eventId,
      kind,
      subject,
      title,
      body,
      severity,
      traceId,
      dedupKey,
      data: JSON.stringify(data),
      occurredAtMs,
      nowMs,
      untold,
    },
  );
}

/**
 * The messages of a circuit that count against its cap, up to twice that. What still waits counts however old it is: a server
 * that was away for a day is not greeted with a day's mails.
 */
export function recentMessages(database: OutboxDatabase, circuit: string, policy: DigestPolicy, nowMs: number): number {
  const [row] = database.all<{ count: number }>(
    `SELECT count(*) AS count FROM (
       SELECT seq FROM deliveries WHERE circuit = $circuit AND state IN ('pending', 'sending')
       UNION
       SELECT seq FROM deliveries WHERE circuit = $circuit AND digest_id IS NULL AND message_at > $sinceMs
       LIMIT $most
     )`,
    { circuit, sinceMs: nowMs - policy.windowMs, most: 2 * policy.cap },
  );
  return row?.count ?? 0;
}

function enqueueOne(
  database: OutboxDatabase,
  notice: Notice,
  { channel, address, label, circuit }: Addressed,
  policy: DigestPolicy,
  nowMs: number,
): Enqueued {
  const { eventId, dedupKey, severity } = notice;
  const id = deliveryId(eventId, channel, address);
  const [known] = database.all<{ state: DeliveryState }>('SELECT state FROM deliveries WHERE id = $id', { id });
  if (known !== undefined) {
    return { id, channel, recipient: label, state: known.state, isKnown: true };
  }
  const [told] = database.all<{ at: number | null }>(
    `SELECT max(message_at) AS at FROM deliveries
     WHERE channel = $channel AND address = $address AND dedup_key = $dedupKey AND state <> 'failed'`,
    { channel, address, dedupKey },
  );
  const admission = admit(
    {
      nowMs,
      severity,
      recentMessages: recentMessages(database, circuit, policy, nowMs),
      ...(typeof told?.at === 'number' ? { lastToldAtMs: told.at } : {}),
    },
    policy,
  );
  const isHeld = admission.kind === 'hold';
  const state = isHeld ? 'held' : 'pending';
  const heldUntilMs = isHeld ? admission.untilMs : null;
  const messageAtMs = isHeld ? null : nowMs;
  database.run(
    `INSERT INTO deliveries
       (id, event_id, channel, address, label, circuit, dedup_key, state, queued_at, next_attempt_at, held_until, message_at)
     VALUES
       ($id, $eventId, $channel, $address, $label, $circuit, $dedupKey, $state, $nowMs, $nowMs, $heldUntilMs, $messageAtMs)`,
    { id, eventId, channel, address, label, circuit, dedupKey, state, nowMs, heldUntilMs, messageAtMs },
  );
  return { id, channel, recipient: label, state, isKnown: false };
}
