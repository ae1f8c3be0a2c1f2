import type { ParameterDescription, ParameterValues } from './action.js';
import { numberOf } from './parameters.js';

const defaultStopTimeoutSeconds = 10;
const defaultTailLines = 500;

/** How long a container may take to end by itself. */
export const stopTimeoutParameter: ParameterDescription = {
  name: 'stopTimeoutSeconds',
  type: 'integer',
  byDefault: defaultStopTimeoutSeconds,
  minimum: 0,
  maximum: 300,
  summary: 'How many seconds the container has to end by itself before it is killed.',
};

/** How much of the log is kept as evidence. */
export const tailLinesParameter: ParameterDescription = {
  name: 'tailLines',
  type: 'integer',
  byDefault: defaultTailLines,
  minimum: 0,
  maximum: 10_000,
  summary: 'How many lines of the log are kept as evidence, from the end.',
};

export function stopTimeoutOf(values: ParameterValues): number {
  return numberOf(values, stopTimeoutParameter.name) ?? defaultStopTimeoutSeconds;
}

export function tailLinesOf(values: ParameterValues): number {
  return numberOf(values, tailLinesParameter.name) ?? defaultTailLines;
}
