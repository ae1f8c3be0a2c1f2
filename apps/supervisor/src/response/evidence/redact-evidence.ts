import type { RawEvidence } from '../container-engine.port.js';

/** Gives back a copy in which what stands under a secret's name is masked; the chassis has one. */
export type Redact = (value: unknown) => unknown;

const mask = '[redacted]';
/** A shorter value would mask half of every text. */
const shortestSecret = 6;

/**
 * Takes secrets out of evidence. A container's environment is a list of `NAME=value` texts, in which no rule on names
 * would see anything: it is taken apart first. A value that was masked there is masked wherever else it stands too, in an
 * argument, a line of the log or a label.
 */
export function redactEvidence(raw: RawEvidence, redact: Redact): RawEvidence {
  const inspect = withEnvironment(raw.inspect, (environment) => redact(environment));
  const secrets = secretsOf(raw.inspect, redact);
  const clean = (value: unknown): unknown => maskEverywhere(redact(value), secrets);
  return {
    inspect: clean(inspect),
    logs: clean(raw.logs),
    changes: clean(raw.changes),
    processes: clean(raw.processes),
    missing: raw.missing,
  };
}

/** The values of the environment that redaction masks. */
function secretsOf(inspect: unknown, redact: Redact): readonly string[] {
  const secrets: string[] = [];
  withEnvironment(inspect, (environment) => {
    const redacted = redact(environment) as Record<string, unknown>;
    for (const [name, value] of Object.entries(environment)) {
      if (redacted[name] !== value && value.length >= shortestSecret) {
        secrets.push(value);
      }
    }
    return undefined;
  });
  // The longest first: one secret may stand within another.
  return secrets.sort((a, b) => b.length - a.length);
}

/** The inspection with `Config.Env`, as names and values, put through a function. */
function withEnvironment(inspect: unknown, through: (environment: Record<string, string>) => unknown): unknown {
  if (!isRecord(inspect) || !isRecord(inspect.Config) || !Array.isArray(inspect.Config.Env)) {
    return inspect;
  }
  const pairs = inspect.Config.Env.filter((entry) => typeof entry === 'string').map((entry) => {
    const at = entry.indexOf('=');
    return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
  });
  return { ...inspect, Config: { ...inspect.Config, Env: through(Object.fromEntries(pairs)) } };
}

function maskEverywhere(value: unknown, secrets: readonly string[]): unknown {
  if (secrets.length === 0) {
    return value;
  }
  if (typeof value === 'string') {
    return secrets.reduce((text, secret) => text.replaceAll(secret, mask), value);
  }
  if (Array.isArray(value)) {
    return value.map((item) => maskEverywhere(item, secrets));
  }
  return isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, maskEverywhere(item, secrets)]))
    : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
