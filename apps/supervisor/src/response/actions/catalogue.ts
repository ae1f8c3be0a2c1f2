import { type ActionName, actionNames } from '@sentinel-forge/contracts';
import type { Action } from './action.js';
import { isolateAction } from './isolate.action.js';
import { killAction } from './kill.action.js';
import { notifyAction } from './notify.action.js';
import { pauseAction } from './pause.action.js';
import { quarantineAction } from './quarantine.action.js';
import { restartAction } from './restart.action.js';
import { snapshotAction } from './snapshot.action.js';
import { stopAction } from './stop.action.js';
import { throttleAction } from './throttle.action.js';

/** Every action by its name. */
export const actions: Readonly<Record<ActionName, Action>> = {
  notify: notifyAction,
  snapshot: snapshotAction,
  restart: restartAction,
  throttle: throttleAction,
  pause: pauseAction,
  isolate: isolateAction,
  quarantine: quarantineAction,
  stop: stopAction,
  kill: killAction,
};

/** How strong an action is; the order of the contract, from what disturbs least. */
export function strengthOf(action: ActionName): number {
  return actionNames.indexOf(action);
}

/** Whether an action leaves something in force that is taken back later. */
export function isLasting(action: ActionName): boolean {
  return actions[action].reversal !== undefined;
}
