import type { ResourceLimits, Throttle } from '@sentinel-forge/docker';
import type { Action, ParameterValues, Situation } from './action.js';
import { numberOf } from './parameters.js';

/** Leaves a container less to work with. A limit that is tighter already stays: a mitigation never loosens anything. */
export const throttleAction: Action = {
  name: 'throttle',
  summary: 'Limits CPU, and on request memory and processes, while it keeps running.',
  parameters: [
    {
      name: 'cpus',
      type: 'number',
      byDefault: 0.1,
      minimum: 0.01,
      maximum: 1024,
      summary: "Processors' worth of time; 0.25 is a quarter of one.",
    },
    {
      name: 'memoryBytes',
      type: 'integer',
      minimum: 6 * 1024 * 1024,
      summary: 'Memory, without swap. Below what is in use, the kernel reclaims, then kills.',
    },
    { name: 'pidsLimit', type: 'integer', minimum: 1, summary: 'Processes and threads.' },
  ],
  needs: ['GET /containers/{id}/json', 'POST /containers/{id}/update'],
  isDestructive: false,
  isDisturbing: true,
  reversal:
    'The former limits are set again. A memory limit cannot be lifted on Docker: "none" becomes all of the host\'s.',
  holds: () => ['limits'],
  plan(situation) {
    const { id, limits } = situation.current;
    const throttle = missingOf(situation);
    return Object.keys(throttle).length === 0 ? [] : [{ call: 'throttle', id, throttle, limits }];
  },
  problems: (situation) => Object.keys(missingOf(situation)).map((name) => `the limit ${name} is not in force`),
  containment: () => ({ contained: 'none' }),
};

function missingOf({ current: { limits }, parameters }: Situation): Throttle {
  const wanted = wantedOf(parameters);
  return {
    ...(isLooser(cpusOf(limits), wanted.cpus) ? { cpus: wanted.cpus } : {}),
    ...(isLooser(limits.memoryBytes, wanted.memoryBytes) ? { memoryBytes: wanted.memoryBytes } : {}),
    ...(isLooser(limits.pidsLimit, wanted.pidsLimit) ? { pidsLimit: wanted.pidsLimit } : {}),
  };
}

function wantedOf(parameters: ParameterValues): { [K in keyof Throttle]: number | undefined } {
  return {
    cpus: numberOf(parameters, 'cpus'),
    memoryBytes: numberOf(parameters, 'memoryBytes'),
    pidsLimit: numberOf(parameters, 'pidsLimit'),
  };
}

/** The engine says 0, and for processes also -1, where there is no limit. */
function isLooser(limit: number, wanted: number | undefined): wanted is number {
  return wanted !== undefined && (limit <= 0 || limit > wanted * (1 + roundingShare));
}

// A quota is a whole number of microseconds, and at least 1 ms of a period.
const roundingShare = 1e-3;

function cpusOf({ nanoCpus, cpuQuotaMicros, cpuPeriodMicros }: ResourceLimits): number {
  return nanoCpus > 0 ? nanoCpus / 1e9 : cpuQuotaMicros / (cpuPeriodMicros || 100_000);
}
