/** What `forge defend` is told by flags. */
export interface TelemetryFlags {
  readonly source?: string;
  readonly severity?: number;
  readonly summary?: string;
  readonly container?: string;
  readonly host?: string;
  readonly user?: string;
  readonly address?: string;
  readonly attribute?: ReadonlyArray<readonly [string, unknown]>;
  readonly time?: string;
}

/** Telemetry from JSON and flags; where both say something, the flag holds. Not validated yet. */
export function telemetryFrom(base: Readonly<Record<string, unknown>>, flags: TelemetryFlags): Record<string, unknown> {
  const { container, host, user, address, attribute = [], ...fields } = flags;
  const target = { ...recordOf(base.target), ...defined({ container, host, user, address }) };
  const attributes = { ...recordOf(base.attributes), ...Object.fromEntries(attribute) };
  return {
    source: 'forge-cli',
    ...base,
    ...defined(fields),
    ...(Object.keys(target).length === 0 ? {} : { target }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
  };
}

/** Reads `name=value`; a value that is JSON counts as what it says, anything else as text. */
export function parseAttribute(text: string): readonly [string, unknown] | undefined {
  const equals = text.indexOf('=');
  if (equals < 1) {
    return undefined;
  }
  const value = text.slice(equals + 1);
  try {
    return [text.slice(0, equals), JSON.parse(value)];
  } catch {
    return [text.slice(0, equals), value];
  }
}

function defined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

// What is there and no object stays, for the validator to name it.
function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
