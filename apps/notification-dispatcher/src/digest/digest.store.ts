import { type Addressed, deliveryId } from '../outbox/delivery.js';
import type { OutboxDatabase } from '../outbox/outbox.database.js';
import { insertNotice, recentMessages } from '../outbox/outbox.intake.js';
import { type DigestPolicy, mayDigest } from './admission.service.js';
import { type DigestMember, digestOf } from './digest.service.js';

/** What is held is read into memory once; more than this goes into the next digest. */
const maxMembers = 50_000;

interface HeldRow {
  readonly seq: number;
  readonly id: string;
  readonly title: string;
  readonly severity: number;
  readonly trace_id: string | null;
  readonly occurred_at: number;
}

/**
 * Puts what was held long enough into digests, one for each channel and recipient; a notice that is alone goes out as it is.
 * A digest is a delivery like any other, and what is in it shares its fate. Returns how many messages came of it.
 */
export function closeDigests(database: OutboxDatabase, policy: DigestPolicy, nowMs: number): number {
  const groups = database.all<Addressed>(
    `SELECT channel, address, label, circuit FROM deliveries WHERE state = 'held' AND digest_id IS NULL
     GROUP BY channel, address HAVING min(held_until) <= $nowMs ORDER BY min(held_until)`,
    { nowMs },
  );
  return groups.filter((group) => database.transaction(() => closeDigest(database, group, policy, nowMs))).length;
}

function closeDigest(database: OutboxDatabase, group: Addressed, policy: DigestPolicy, nowMs: number): boolean {
  if (!mayDigest(recentMessages(database, group.circuit, policy, nowMs), policy)) {
    return false;
  }
  const { channel, address, label, circuit } = group;
  const members = database.all<HeldRow>(
    `SELECT d.seq, d.id, n.title, n.severity, n.trace_id, n.occurred_at
     FROM deliveries d JOIN notices n USING (event_id)
     WHERE d.state = 'held' AND d.digest_id IS NULL AND d.channel = $channel AND d.address = $address
     ORDER BY d.seq LIMIT $maxMembers`,
    { channel, address, maxMembers },
  );
  const [first] = members;
  const last = members.at(-1);
  if (first === undefined || last === undefined) {
    return false;
  }
  if (first === last) {
    database.run(
      `UPDATE deliveries SET state = 'pending', message_at = $nowMs, next_attempt_at = $nowMs WHERE id = $id`,
      { id: first.id, nowMs },
    );
    return true;
  }
  // Nothing is in two digests, so that its first notice names it.
  const eventId = `digest-of-${first.id}`;
  const id = deliveryId(eventId, channel, address);
  const { summary, ...digest } = digestOf(members.map(toMember));
  insertNotice(database, 'digest', { ...digest, eventId, subject: '', dedupKey: eventId, data: { ...summary } }, nowMs);
  database.run(
    `INSERT INTO deliveries
       (id, event_id, channel, address, label, circuit, dedup_key, state, queued_at, next_attempt_at, message_at)
     VALUES ($id, $eventId, $channel, $address, $label, $circuit, $eventId, 'pending', $nowMs, $nowMs, $nowMs)`,
    { id, eventId, channel, address, label, circuit, nowMs },
  );
  database.run(
    `UPDATE deliveries SET digest_id = $id, message_at = $nowMs
     WHERE state = 'held' AND digest_id IS NULL AND channel = $channel AND address = $address AND seq <= $lastSeq`,
    { id, channel, address, nowMs, lastSeq: last.seq },
  );
  return true;
}

function toMember({ id, title, severity, trace_id: traceId, occurred_at: occurredAtMs }: HeldRow): DigestMember {
  return { id, title, severity, occurredAtMs, ...(traceId === null ? {} : { traceId }) };
}
