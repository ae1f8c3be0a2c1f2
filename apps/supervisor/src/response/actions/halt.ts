import type { ActionName } from '@sentinel-forge/contracts';
import { isUp } from '../target-before.js';
import type { Situation } from './action.js';

/** How a halt is taken back. */
export const haltReversal = 'It is started again, if it ran before.';

/** What contradicts a halt. */
export function haltProblems({ current }: Situation): readonly string[] {
  return isUp(current) ? [`the container is ${current.state}`] : [];
}

/** Whether an action ends the processes and keeps them down, and so has to start them again. */
export function isHalt(action: ActionName): boolean {
  return action === 'stop' || action === 'kill';
}
