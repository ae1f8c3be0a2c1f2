import { isUp } from '../target-before.js';
import type { Action, Situation } from './action.js';
import { captureNeeds, captureOnce } from './capture.js';
import { stopTimeoutOf, stopTimeoutParameter, tailLinesParameter } from './common-parameters.js';

/**
 * Ends the container's processes and starts them again; what does not run is left so. A process that started later than
 * `before` says is the proof.
 */
export const restartAction: Action = {
  name: 'restart',
  summary: 'Restarts the container, having kept evidence.',
  parameters: [stopTimeoutParameter, tailLinesParameter],
  needs: [...captureNeeds, 'POST /containers/{id}/restart'],
  isDestructive: true,
  isDisturbing: true,
  reversal: undefined,
  holds: () => [],
  plan(situation) {
    const { current, parameters } = situation;
    return isOfBefore(situation)
      ? [
          ...captureOnce(situation, 'snapshot'),
          { call: 'restart', id: current.id, stopTimeoutSeconds: stopTimeoutOf(parameters) },
        ]
      : [];
  },
  problems: (situation) => (isOfBefore(situation) ? ['the container still runs the process of before'] : []),
  containment: () => ({ contained: 'none' }),
};

function isOfBefore({ before, current }: Situation): boolean {
  return isUp(before) && current.startedAt === before.startedAt;
}
