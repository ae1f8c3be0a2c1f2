import { isUp } from '../target-before.js';
import type { Situation } from './action.js';

/** How a halt is taken back. */
export const haltReversal = 'It is started again, if it ran before.';

/** What contradicts a halt. */
export function haltProblems({ current }: Situation): readonly string[] {
  return isUp(current) ? [`the container is ${current.state}`] : [];
}
