import { events } from '@sentinel-forge/contracts';
import type { LoadEvent } from './load.js';

/** The id of the mitigation of this number. */
export function mitigationIdOf(number: number): string {
  return `m-${number.toString(16).padStart(32, '0')}`;
}

/** A request of sentinelcore's to the supervisor of `test-host`. */
export function mitigationRequest(
  number: number,
  { id, name }: { readonly id: string; readonly name: string },
  wish: { readonly action: string; readonly ttlMs?: number },
): LoadEvent {
  return {
    id: mitigationIdOf(number),
    subject: 'mitigation.sentinelcore.requested.test-host',
    definition: events.mitigationRequested,
    source: '/sentinelcore',
    data: {
      mitigationId: mitigationIdOf(number),
      target: { host: 'test-host', id, name },
      reason: 'a test',
      score: 95,
      requestedAt: new Date().toISOString(),
      evidence: { eventId: `e-${number}`, subject: 'defend.test', source: 'test', contributions: [] },
      ...wish,
    },
  };
}
