import type { HealingPolicy } from './healing-policy.js';

/** How a group of containers is doing: one Compose project, or all that belong to none. */
export interface GroupHealth {
  readonly unhealthy: number;
  readonly size: number;
}

/** A breaker that is open: one of the group may be restarted at that time, and no other before. */
export interface OpenBreaker {
  readonly probeAtMs: number;
}

/**
 * The state of a group's breaker from now on; undefined: closed. If most of a group is unhealthy at once the cause is shared,
 * and restarting everybody in turn would only make it worse. What has died is not counted: nothing gets better by leaving
 * that down.
 */
export function judgeGroup(
  { unhealthy, size }: GroupHealth,
  breaker: OpenBreaker | undefined,
  policy: Pick<HealingPolicy, 'breakerMinUnhealthy' | 'breakerPercent' | 'breakerProbeMs'>,
  nowMs: number,
): OpenBreaker | undefined {
  const isShared = unhealthy >= policy.breakerMinUnhealthy && unhealthy * 100 > size * policy.breakerPercent;
  if (!isShared) {
    return undefined;
  }
  return breaker ?? { probeAtMs: nowMs + policy.breakerProbeMs };
}

/** The breaker after one of its group was restarted to see whether it helps. */
export function afterProbe(policy: Pick<HealingPolicy, 'breakerProbeMs'>, nowMs: number): OpenBreaker {
  return { probeAtMs: nowMs + policy.breakerProbeMs };
}
