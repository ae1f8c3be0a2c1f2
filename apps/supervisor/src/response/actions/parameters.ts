import type { Action, ParameterDescription, ParameterValues } from './action.js';

/** The outcome of {@link readParameters}. */
export type ReadParameters =
  | { readonly isValid: true; readonly values: ParameterValues }
  | { readonly isValid: false; readonly problems: readonly string[] };

/** Reads what a request says against what the action takes, and fills in defaults. What is not known is refused. */
export function readParameters(action: Action, given: Readonly<Record<string, unknown>> = {}): ReadParameters {
  const known = new Map(action.parameters.map((parameter) => [parameter.name, parameter]));
  const problems: string[] = Object.keys(given)
    .filter((name) => !known.has(name))
    .map((name) => `${name} is no parameter of ${action.name}; it takes ${[...known.keys()].join(', ') || 'none'}`);
  const values: Record<string, number | boolean> = {};
  for (const [name, parameter] of known) {
    const value = given[name] ?? parameter.byDefault;
    if (value === undefined) {
      continue;
    }
    if (isOfType(parameter, value)) {
      values[name] = value;
    } else {
      problems.push(`${name} must be ${describeType(parameter)}`);
    }
  }
  return problems.length === 0 ? { isValid: true, values } : { isValid: false, problems };
}

/** A parameter that has a default, or was checked to be there. */
export function numberOf(values: ParameterValues, name: string): number | undefined {
  const value = values[name];
  return typeof value === 'number' ? value : undefined;
}

function isOfType(parameter: ParameterDescription, value: unknown): value is number | boolean {
  if (parameter.type === 'boolean') {
    return typeof value === 'boolean';
  }
  return (
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (parameter.type === 'number' || Number.isInteger(value)) &&
    value >= (parameter.minimum ?? -Infinity) &&
    value <= (parameter.maximum ?? Infinity)
  );
}

function describeType({ type, minimum, maximum }: ParameterDescription): string {
  const bounds = [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
  ];
  return [type === 'integer' ? 'a whole number' : `a ${type}`, ...bounds].join(', ');
}
