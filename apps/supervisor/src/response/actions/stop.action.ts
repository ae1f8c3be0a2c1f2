import { isUp } from '../target-before.js';
import type { Action } from './action.js';
import { captureNeeds, captureOnce } from './capture.js';
import { stopTimeoutOf, stopTimeoutParameter, tailLinesParameter } from './common-parameters.js';
import { haltProblems, haltReversal } from './halt.js';

/** Ends the container in an orderly way, having kept evidence, and keeps it down. */
export const stopAction: Action = {
  name: 'stop',
  summary: 'Stops the container in an orderly way, having kept evidence, and keeps it down.',
  parameters: [stopTimeoutParameter, tailLinesParameter],
  needs: [...captureNeeds, 'POST /containers/{id}/stop', 'POST /containers/{id}/start'],
  isDestructive: true,
  isDisturbing: true,
  reversal: haltReversal,
  holds: () => ['process'],
  plan(situation) {
    const { current, parameters } = situation;
    return isUp(current)
      ? [
          ...captureOnce(situation, 'snapshot'),
          { call: 'stop', id: current.id, stopTimeoutSeconds: stopTimeoutOf(parameters) },
        ]
      : [];
  },
  problems: haltProblems,
  containment: () => ({ contained: 'none' }),
};
