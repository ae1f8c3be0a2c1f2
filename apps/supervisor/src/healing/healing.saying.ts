import type { ContainerHealth, ContainerState } from '@sentinel-forge/contracts';
import type { ContainerSnapshot } from '@sentinel-forge/docker';
import type { HealingRecord } from './healing.record.js';

type OptionalField = 'startedAt' | 'nextAttemptAt' | 'wellSince' | 'gaveUpAt' | 'intent' | 'following' | 'lastReason';

/** A record without some of its optional fields. */
export function without(record: HealingRecord, ...fields: readonly OptionalField[]): HealingRecord {
  const kept = Object.entries(record).filter(([name]) => !fields.some((field) => field === name));
  return Object.fromEntries(kept) as unknown as HealingRecord;
}

/** Puts an event about a container among those that must still be said. */
export function say(
  record: HealingRecord,
  state: ContainerState,
  container: ContainerSnapshot,
  host: string,
  nowMs: number,
  story: { readonly reason: string; readonly attempt?: number; readonly detail?: Readonly<Record<string, unknown>> },
): HealingRecord {
  const { reason, attempt, detail = {} } = story;
  const { id, name, compose, exitCode, health } = container;
  const data: ContainerHealth = {
    id,
    name,
    reason: reason.slice(0, 1024),
    ...(attempt === undefined ? {} : { attempt }),
    ...(compose === undefined ? {} : { project: compose.project, service: compose.service }),
    detail: { state: container.state, health, exitCode, ...detail },
  };
  // The time is on record with the event: saying it again says the same.
  const event = {
    id: `${host}:${id}:${state}:${nowMs}:${record.said}`,
    state,
    at: new Date(nowMs).toISOString(),
    data: { ...data },
  };
  return { ...record, said: record.said + 1, unsaid: [...record.unsaid, event].slice(-32) };
}
