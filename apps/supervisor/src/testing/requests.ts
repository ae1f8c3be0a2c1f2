import { type MitigationRequested, mitigationIdOf } from '@sentinel-forge/contracts';

/** What a test says of a request; the rest is as it usually is. */
export type RequestWish = Partial<Omit<MitigationRequested, 'target' | 'evidence' | 'mitigationId'>> & {
  readonly target: { readonly id: string; readonly name: string; readonly host?: string };
  readonly eventId?: string;
};

export const testHost = 'testhost';
export const testOrigin = { sender: 'sentinelcore', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } as const;

/** A request as sentinelcore makes it. */
export function requestFor(wish: RequestWish): MitigationRequested {
  const { target, eventId = 'DEFEND:1', action = 'isolate', ...rest } = wish;
  return {
    mitigationId: mitigationIdOf(eventId, target.id, action),
    action,
    reason: 'severity 10 from web',
    score: 95,
    requestedAt: new Date().toISOString(),
    ...rest,
    target: { host: testHost, ...target },
    evidence: { eventId, subject: 'defend.auth', source: 'web', contributions: [] },
  };
}
