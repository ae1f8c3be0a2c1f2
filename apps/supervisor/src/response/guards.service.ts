import type { ResponsePolicy } from './response-policy.js';

const minuteMs = 60_000;

/** What is going on at the moment. */
export interface BlastRadius {
  /** When actions were begun lately. */
  readonly recentActionsMs: readonly number[];
  /** Containers under a lasting mitigation. */
  readonly contained: number;
  /** Running containers that may be mitigated, those under containment too. */
  readonly fleetSize: number;
}

/** What is asked for. */
export interface WantedAction {
  readonly isLasting: boolean;
  /** The target is under containment already, so that this adds none. */
  readonly isContained: boolean;
}

/**
 * Why one more action is too many; undefined when it is not. These bounds are what is left when everything else went wrong: a
 * rule that matches everything, a forged flood. Requests beyond them are refused and told, not kept for later.
 */
export function whyTooMuch(
  wanted: WantedAction,
  radius: BlastRadius,
  policy: Pick<ResponsePolicy, 'maxActionsPerMinute' | 'maxContainedPercent' | 'minContained'>,
  nowMs: number,
): string | undefined {
  const lately = radius.recentActionsMs.filter((timeMs) => timeMs > nowMs - minuteMs).length;
  if (lately >= policy.maxActionsPerMinute) {
    return `${lately} actions were begun within the last minute, and ${policy.maxActionsPerMinute} is the limit (SUPERVISOR_MAX_ACTIONS_PER_MINUTE); look at what asks for so many`;
  }
  const limit = containedLimit(radius.fleetSize, policy);
  if (wanted.isLasting && !wanted.isContained && radius.contained >= limit) {
    return `${radius.contained} of ${radius.fleetSize} containers are under containment, and ${limit} is the limit (SUPERVISOR_MAX_CONTAINED_PERCENT=${policy.maxContainedPercent}); release some, or raise it`;
  }
  return undefined;
}

/** How many containers of a fleet may be under containment at once. */
export function containedLimit(
  fleetSize: number,
  policy: Pick<ResponsePolicy, 'maxContainedPercent' | 'minContained'>,
): number {
  return Math.max(policy.minContained, Math.floor((fleetSize * policy.maxContainedPercent) / 100));
}
