import type { MitigationState } from '@sentinel-forge/contracts';
import { isLasting } from './actions/catalogue.js';
import type { MitigationRecord } from './mitigation.record.js';

/** The name that this app acts under. */
export const supervisorActor = 'supervisor';

const holdingStates: readonly MitigationState[] = ['executing', 'applied', 'releasing'];

/** Whether it holds a container right now, or has begun to. */
export function isInForce(record: MitigationRecord): boolean {
  return isLasting(record.request.action) && holdingStates.includes(record.state) && record.request.simulated !== true;
}

/** Whether it will never change again. A one-shot action ends as `applied`: there is nothing to take back. */
export function isFinal(record: MitigationRecord): boolean {
  return (
    record.state === 'released' ||
    record.state === 'failed' ||
    record.state === 'rejected' ||
    (record.state === 'applied' && !isInForce(record))
  );
}
