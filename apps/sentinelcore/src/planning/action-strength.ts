import { type ActionName, actionNames, type Verdict } from '@sentinel-forge/contracts';

/**
 * How strong an action is: its place in the contracts' list, which goes from what disturbs a container least to what disturbs it
 * most (notify < snapshot < restart < throttle < pause < isolate < quarantine < stop < kill). The one order that verdicts,
 * joins and upgrades go by.
 */
export function strengthOf(action: ActionName): number {
  return actionNames.indexOf(action);
}

/** Whether an action holds a container until it is taken back; the others are done once. */
export function isLasting(action: ActionName): boolean {
  return action !== 'notify' && action !== 'snapshot' && action !== 'restart';
}

/** The stronger of two verdicts; `observe` is weaker than every action. */
export function strongerOf(a: Verdict, b: Verdict): Verdict {
  return verdictStrength(a) >= verdictStrength(b) ? a : b;
}

/** How strong a verdict is: that of its action. */
export function verdictStrength(verdict: Verdict): number {
  return verdict === 'observe' ? -1 : strengthOf(verdict);
}

/**
 * Whether what is in force on a container already does what is wanted, or more: the request then joins it. A restart is no state
 * that something stronger contains; a throttled container is restarted all the same, and stays throttled. What holds a
 * container fast (`pause` and stronger) a restart would undo, so there it joins.
 */
export function isCovered(wanted: ActionName, inForce: ActionName): boolean {
  const isRestartOfThrottled = wanted === 'restart' && inForce === 'throttle';
  return strengthOf(wanted) <= strengthOf(inForce) && !isRestartOfThrottled;
}
