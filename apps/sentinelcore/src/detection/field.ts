import type { ForgeEvent, Telemetry } from '@sentinel-forge/contracts';

/** What detection looks at of a telemetry event. */
export type TelemetryEvent = Pick<ForgeEvent<Telemetry>, 'id' | 'subject' | 'params' | 'data'>;

/** Reads one field of an event: what the producer put there, or undefined. Allocates nothing. */
export type ReadField = (event: TelemetryEvent) => unknown;

const fixedFields: Readonly<Record<string, ReadField>> = {
  category: (event) => firstToken(event.params.signal ?? ''),
  signal: (event) => event.params.signal,
  source: (event) => event.data.source,
  severity: (event) => event.data.severity,
  summary: (event) => event.data.summary,
  'target.container': (event) => event.data.target?.container,
  'target.host': (event) => event.data.target?.host,
  'target.user': (event) => event.data.target?.user,
  'target.address': (event) => event.data.target?.address,
};
const attributesPrefix = 'attributes.';
const maxDepth = 8;
const maxLength = 255;

/** Why a dotted path is no field that a rule can look at, and what to do about it; undefined when it is one. */
export function problemOfField(path: string): { readonly reason: string; readonly mend: string } | undefined {
  if (Object.hasOwn(fixedFields, path)) {
    return undefined;
  }
  if (!path.startsWith(attributesPrefix)) {
    return {
      reason: `"${path}" is not a field of telemetry`,
      mend: `use ${Object.keys(fixedFields).join(', ')} or ${attributesPrefix}<name>`,
    };
  }
  const keys = path.slice(attributesPrefix.length).split('.');
  if (keys.includes('') || keys.length > maxDepth || path.length > maxLength) {
    return {
      reason: `"${path}" has an empty part or too many of them`,
      mend: `write attributes.<name> or attributes.<name>.<name>, at most ${maxDepth} names`,
    };
  }
  // JSON objects inherit these: without the check, `attributes.constructor` would exist in every event.
  const inherited = keys.find((key) => key in Object.prototype);
  return inherited === undefined
    ? undefined
    : {
        reason: `"${inherited}" is a property of every object`,
        mend: 'have the producer call the attribute otherwise',
      };
}

/**
 * The reader of a field that {@link problemOfField} accepts. `category` is the first token of the signal: `auth` for
 * `defend.auth.ssh`. Below `attributes`, a flat key with dots (`"process.name"`, as ECS and OpenTelemetry producers send it)
 * is found before the nested form; `null` reads as absent.
 */
export function fieldReader(path: string): ReadField {
  const fixed = Object.hasOwn(fixedFields, path) ? fixedFields[path] : undefined;
  if (fixed !== undefined) {
    return fixed;
  }
  const flat = path.slice(attributesPrefix.length);
  const keys = flat.split('.');
  if (keys.length === 1) {
    return (event) => event.data.attributes?.[flat] ?? undefined;
  }
  return (event) => {
    const { attributes } = event.data;
    return attributes === undefined ? undefined : (attributes[flat] ?? descend(attributes, keys) ?? undefined);
  };
}

function descend(from: Readonly<Record<string, unknown>>, keys: readonly string[]): unknown {
  let value: unknown = from;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function firstToken(signal: string): string {
  const end = signal.indexOf('.');
  return end < 0 ? signal : signal.slice(0, end);
}
