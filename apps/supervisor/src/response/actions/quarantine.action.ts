import type { Action } from './action.js';
import { captureOnce } from './capture.js';
import { isolateAction } from './isolate.action.js';

/**
 * Isolates, then keeps evidence: first no more harm, then a look at what happened. With `hold` in the request it stays
 * until a person releases it.
 */
export const quarantineAction: Action = {
  ...isolateAction,
  name: 'quarantine',
  summary: 'Isolates the container and keeps evidence of it; with `hold` until a person releases it.',
  plan: (situation) => [...isolateAction.plan(situation), ...captureOnce(situation, 'snapshot')],
};
