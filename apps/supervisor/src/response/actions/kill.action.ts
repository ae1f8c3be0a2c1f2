import { isUp } from '../target-before.js';
import type { Action } from './action.js';
import { captureNeeds, captureOnce } from './capture.js';
import { tailLinesParameter } from './common-parameters.js';
import { haltProblems, haltReversal } from './halt.js';

/** Ends the container at once (SIGKILL), having kept evidence, and keeps it down. No restart policy acts on it. */
export const killAction: Action = {
  name: 'kill',
  summary: 'Kills the container at once, having kept evidence, and keeps it down.',
  parameters: [tailLinesParameter],
  needs: [...captureNeeds, 'POST /containers/{id}/kill', 'POST /containers/{id}/stop', 'POST /containers/{id}/start'],
  isDestructive: true,
  isDisturbing: true,
  reversal: haltReversal,
  holds: () => ['process'],
  plan(situation) {
    const { current } = situation;
    if (!isUp(current)) {
      return [];
    }
    // There is no process to kill between two tries of a restart policy; a stop ends the trying.
    return [
      ...captureOnce(situation, 'snapshot'),
      current.state === 'restarting'
        ? { call: 'stop', id: current.id, stopTimeoutSeconds: 0 }
        : { call: 'kill', id: current.id },
    ];
  },
  problems: haltProblems,
  containment: () => ({ contained: 'none' }),
};
