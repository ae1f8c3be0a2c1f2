import { isUp } from '../target-before.js';
import type { Action, Situation } from './action.js';
import { captureNeeds, captureOnce } from './capture.js';
import { stopTimeoutOf, stopTimeoutParameter, tailLinesParameter } from './common-parameters.js';

/**
 * Ends the container's processes and starts them again; what does not run is left so. The proof is a process that started
 * later than `before` says, and that still runs or has come to its own good end: an engine killed in the middle may have
 * started one, and lost it.
 */
export const restartAction: Action = {
  name: 'restart',
  summary: 'Restarts the container, having kept evidence.',
  parameters: [stopTimeoutParameter, tailLinesParameter],
  needs: [...captureNeeds, 'POST /containers/{id}/restart', 'POST /containers/{id}/start'],
  isDestructive: true,
  isDisturbing: true,
  reversal: undefined,
  holds: () => [],
  plan(situation) {
    const { current, parameters } = situation;
    if (isOfBefore(situation)) {
      return [
        ...captureOnce(situation, 'snapshot'),
        { call: 'restart', id: current.id, stopTimeoutSeconds: stopTimeoutOf(parameters) },
      ];
    }
    return isLost(situation) ? [{ call: 'start', id: current.id }] : [];
  },
  problems(situation) {
    if (isOfBefore(situation)) {
      return ['the container still runs the process of before'];
    }
    return isLost(situation) ? [`the container was started, and ended with ${situation.current.exitCode}`] : [];
  },
  containment: () => ({ contained: 'none' }),
};

function isOfBefore({ before, current }: Situation): boolean {
  return isUp(before) && current.startedAt === before.startedAt;
}

function isLost({ before, current }: Situation): boolean {
  return isUp(before) && !isUp(current) && current.exitCode !== 0;
}
