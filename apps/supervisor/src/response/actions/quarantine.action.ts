import type { Action } from './action.js';
import { captureNeeds, captureOnce } from './capture.js';
import { stopTimeoutParameter, tailLinesParameter } from './common-parameters.js';
import {
  isolationContainment,
  isolationHolds,
  isolationNeeds,
  isolationProblems,
  isolationReversal,
  planIsolation,
} from './isolation.js';

/**
 * Isolates, then keeps evidence: first no more harm, then a look at what happened. With `hold` in the request it stays
 * until a person releases it.
 */
export const quarantineAction: Action = {
  name: 'quarantine',
  summary: 'Isolates the container and keeps evidence of it; with `hold` until a person releases it.',
  parameters: [stopTimeoutParameter, tailLinesParameter],
  needs: [...isolationNeeds, ...captureNeeds],
  isDestructive: false,
  isDisturbing: true,
  reversal: isolationReversal,
  holds: isolationHolds,
  plan: (situation) => [...planIsolation(situation), ...captureOnce(situation, 'snapshot')],
  problems: isolationProblems,
  containment: isolationContainment,
};
