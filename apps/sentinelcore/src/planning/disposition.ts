import type { ActionName } from '@sentinel-forge/contracts';
import { isCovered, strengthOf } from './action-strength.js';
import type { MitigationInForce } from './in-force.port.js';

/** How a request stands to what is already in force on its target. */
export type Disposition =
  | { readonly kind: 'new' }
  | {
      readonly kind: 'joins' | 'upgrades';
      readonly mitigationId: string;
      readonly action: ActionName;
    };

/**
 * `joins` what does as much or more already, `upgrades` what does less, else `new`. What has ended does not count, nor does the
 * request itself: asked again, it is planned as the first time.
 */
export function dispositionOf(
  wanted: { readonly mitigationId: string; readonly action: ActionName },
  inForce: readonly MitigationInForce[],
  nowMs: number,
): Disposition {
  const [strongest] = inForce
    .filter(({ mitigationId }) => mitigationId !== wanted.mitigationId)
    .filter(({ untilMs }) => untilMs === 'never' || untilMs > nowMs)
    .toSorted(strongestFirst);
  if (strongest === undefined) {
    return { kind: 'new' };
  }
  const { mitigationId, action } = strongest;
  if (isCovered(wanted.action, action)) {
    return { kind: 'joins', mitigationId, action };
  }
  return strengthOf(wanted.action) > strengthOf(action) ? { kind: 'upgrades', mitigationId, action } : { kind: 'new' };
}

function strongestFirst(a: MitigationInForce, b: MitigationInForce): number {
  return (
    strengthOf(b.action) - strengthOf(a.action) || endOf(b) - endOf(a) || (a.mitigationId < b.mitigationId ? -1 : 1)
  );
}

function endOf({ untilMs }: MitigationInForce): number {
  return untilMs === 'never' ? Number.MAX_SAFE_INTEGER : untilMs;
}
