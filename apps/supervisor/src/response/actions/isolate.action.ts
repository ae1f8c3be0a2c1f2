import type { Action } from './action.js';
import { captureNeeds } from './capture.js';
import { stopTimeoutParameter, tailLinesParameter } from './common-parameters.js';
import {
  isolationContainment,
  isolationHolds,
  isolationNeeds,
  isolationProblems,
  isolationReversal,
  planIsolation,
} from './isolation.js';

/** Takes the container off every network; it keeps running, with everything it has in memory and on disk. */
export const isolateAction: Action = {
  name: 'isolate',
  summary: 'Takes the container off every network and keeps it running; pauses it where that cannot be.',
  parameters: [stopTimeoutParameter, tailLinesParameter],
  needs: [...isolationNeeds, ...captureNeeds],
  isDestructive: false,
  isDisturbing: true,
  reversal: isolationReversal,
  holds: isolationHolds,
  plan: planIsolation,
  problems: isolationProblems,
  containment: isolationContainment,
};
