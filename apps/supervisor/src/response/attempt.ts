import { ForgeError } from '@sentinel-forge/contracts';
import type { Now } from '../agenda/alarm-clock.js';
import type { ParameterValues } from './actions/action.js';
import { actions } from './actions/catalogue.js';
import { stopTimeoutOf } from './actions/common-parameters.js';
import { readParameters } from './actions/parameters.js';
import type { Lease, MitigationRecord } from './mitigation.record.js';
import type { Mitigations } from './mitigations.js';
import type { StepPorts } from './step-taker.js';

/** What acting and giving back need of the world. */
export interface AttemptPorts extends StepPorts {
  readonly mitigations: Mitigations;
  readonly now: Now;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly instance: string;
}

/** Plans are made anew after every round until nothing is left to do; who needs more rounds than this is being fought. */
export const maxRounds = 5;
/** With twice the stop timeout on top, longer than any one try can take: every Docker call has a deadline. */
const baseLeaseMs = 120_000;

/** The lease of a try that begins now. */
export function leaseFor(record: MitigationRecord, { instance, now }: Pick<AttemptPorts, 'instance' | 'now'>): Lease {
  const leaseMs = baseLeaseMs + 2_000 * stopTimeoutOf(parametersOf(record));
  return { instance, until: new Date(now() + leaseMs).toISOString() };
}

/** The parameters of a mitigation. What is not valid was refused before anything was begun. */
export function parametersOf({ request }: MitigationRecord): ParameterValues {
  const read = readParameters(actions[request.action], request.parameters);
  return read.isValid ? read.values : {};
}

/** When the process of a container was started, where it ever was. */
export function startOf({ startedAt }: { readonly startedAt?: string }): { readonly startedAt?: string } {
  return startedAt === undefined ? {} : { startedAt };
}

/** Whether the engine itself was away, which is no fault of the mitigation. */
export function isEngineAway(error: unknown): boolean {
  return error instanceof ForgeError && error.code === 'FORGE_DOCKER_UNAVAILABLE';
}
