import type { Random } from './random.js';

/** Texts that have broken something somewhere. */
const oddTexts = [
  '',
  ' ',
  '\u0000',
  '\r\n',
  'a\nb',
  '\u001b[2J',
  '\u202e',
  '\ufeff',
  '\ud83d',
  '😀',
  '❤\ufe0f',
  '__proto__',
  'constructor',
  'toString',
  '-1',
  '1e999',
  'NaN',
  'null',
  '%00',
  '%',
  '%ff',
  '../../etc/passwd',
  "' OR 1=1 --",
  '$(id)',
  '{{7*7}}',
  '<script>',
  'x'.repeat(256),
  '٣',
  '0x10',
  '127.0.0.1',
  '::ffff:10.0.0.1',
  '2026-13-45T99:99:99Z',
  '0000-01-01T00:00:00+23:59',
  '9999-12-31T23:59:59.999999999-23:59',
  '2026-01-31T12:00:00Z',
] as const;

const oddNumbers = [0, -0, 1, -1, 5, 7, 9.5, 10, 10.000001, 11, 1e308, -1e308, 2 ** 53, 5e-324] as const;

/** Some text: a word, an odd one, or random code units. */
export function text(random: Random): string {
  switch (random.below(12)) {
    case 0:
      return random.pick(oddTexts);
    case 1:
      return String.fromCharCode(...Array.from({ length: random.below(24) }, () => random.below(0x1_0000)));
    case 2:
      return random.pick(['x', 'é', '😀', '"', '\\', '\u0001']).repeat(random.below(random.oneIn(50) ? 9_000 : 40));
    default:
      return random.pick(['web', 'root', 'web-1', 'sshd', 'auth', 'failed login', '10.0.0.7', 'bash -c id']);
  }
}

/** Any JSON value, now and then a deep or a wide one. */
export function json(random: Random, depth = 0): unknown {
  switch (random.below(depth > 6 ? 5 : 8)) {
    case 0:
      return null;
    case 1:
      return random.oneIn(2);
    case 2:
      return random.pick(oddNumbers);
    case 3:
    case 4:
      return text(random);
    case 5:
      return Array.from({ length: random.below(random.oneIn(200) ? 400 : 4) }, () => json(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(random.oneIn(200) ? 400 : 5) }, () => [
          text(random),
          json(random, depth + 1),
        ]),
      );
  }
}

type Field = (random: Random) => unknown;

const telemetryFields: Readonly<Record<string, Field>> = {
  source: text,
  severity: (random) => (random.oneIn(8) ? random.pick(oddNumbers) : random.below(11)),
  summary: text,
  target: (random) => record(random, { container: text, host: text, user: text, address: text }),
  attributes: (random) =>
    random.oneIn(2)
      ? { failures: random.below(50), process: text(random), path: text(random), address: text(random) }
      : json(random),
  time: (random) => (random.oneIn(8) ? text(random) : '2026-01-31T12:00:00.5+01:00'),
};

/** Fields of a contract, most of them as they should be; some missing, of another kind, or unheard of. */
function record(random: Random, fields: Readonly<Record<string, Field>>): Record<string, unknown> {
  const entries = Object.entries(fields).flatMap(([name, make]): [string, unknown][] => {
    if (random.oneIn(3)) {
      return [];
    }
    return [[name, random.oneIn(12) ? json(random) : make(random)]];
  });
  return Object.fromEntries(random.oneIn(15) ? [...entries, [text(random), json(random)]] : entries);
}

/** Telemetry, right or nearly so. */
export function telemetry(random: Random): Record<string, unknown> {
  const made = record(random, telemetryFields);
  return random.oneIn(5) ? made : { ...made, source: 'web' };
}

/** A request for a notice, right or nearly so. */
export function notice(random: Random): Record<string, unknown> {
  const fields = {
    channel: () => random.pick(['email', 'webhook', 'fax']),
    to: text,
    severity: telemetryFields.severity as Field,
  };
  return {
    title: 't',
    body: 'b',
    ...record(random, { title: text, body: text, data: json, ...fields }),
  };
}

/** A value as bytes: JSON, JSON that was damaged on the way, or anything. */
export function bytes(random: Random, value: unknown): Buffer {
  if (random.oneIn(40)) {
    const levels = random.below(20_000);
    return Buffer.from(`{"source":"web","attributes":${'[{"a":'.repeat(levels)}`);
  }
  if (random.oneIn(20)) {
    return Buffer.from(Array.from({ length: random.below(64) }, () => random.below(256)));
  }
  const whole = Buffer.from(JSON.stringify(value) ?? '');
  if (random.oneIn(12) && whole.length > 0) {
    whole[random.below(whole.length)] = random.below(256);
  }
  return random.oneIn(24) ? whole.subarray(0, random.below(whole.length + 1)) : whole;
}

/** The subject of telemetry, or of something that wants to pass for it. */
export function subject(random: Random): string {
  const tokens = Array.from({ length: 1 + random.below(4) }, () =>
    random.pick(['auth', 'process', 'network', 'ssh', 'x'.repeat(70), 'ünï', '$', '*', '']),
  );
  const roots = ['mitigation.supervisor.applied', 'health.service.supervisor.up', 'dead-letter.DEFEND.x', 'log.x', ''];
  return random.oneIn(20) ? random.pick(['defend', ...roots]) : ['defend', ...tokens].join('.');
}

/** A block of headers as it stands on the wire, in the words of CloudEvents or in none. */
export function headerBlock(random: Random): Buffer | undefined {
  if (random.oneIn(3)) {
    return undefined;
  }
  const known: Readonly<Record<string, string>> = {
    'ce-specversion': '1.0',
    'ce-id': `e-${random.below(1e6)}`,
    'ce-type': 'forge.telemetry.v1',
    'ce-source': '/web',
    'ce-time': '2026-01-31T12:00:00Z',
    'Content-Type': 'application/cloudevents+json',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  };
  const lines = Object.entries(known).flatMap(([name, value]) => {
    if (random.oneIn(30) || (name === 'Content-Type' && !random.oneIn(5))) {
      return [];
    }
    return [`${random.oneIn(60) ? text(random) : name}: ${random.oneIn(40) ? text(random) : value}`];
  });
  const block = Buffer.from(`NATS/1.0\r\n${lines.join('\r\n')}\r\n\r\n`);
  if (random.oneIn(8)) {
    block[random.below(block.length)] = random.below(256);
  }
  return random.oneIn(20) ? block.subarray(0, random.below(block.length)) : block;
}

const yamlPieces = [
  '- ',
  '  ',
  ': ',
  '\n',
  '&a ',
  '*a',
  '<<: *a',
  '!!binary ',
  '|',
  '>-',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '#',
  '---',
  '...',
  '\t',
  'rules',
  'when',
  'all',
  'any',
  'not',
  'gte',
  'matches',
  '(a+)+$',
  '[',
  '.*'.repeat(40),
  '99999999999999999999',
  'null',
  '~',
  'score',
] as const;

/** A file of rules that was right before somebody edited it. */
export function ruleFile(random: Random, originals: readonly [string, ...string[]]): string {
  let file = random.pick(originals);
  // A whole file is slow to read, and nothing is learnt from most of it.
  const lines = file.split('\n');
  const rules = lines.flatMap((line, index) => (line.startsWith('  - id:') ? [index] : []));
  const start = rules[random.below(rules.length)] ?? 0;
  const end = rules.find((index) => index > start) ?? lines.length;
  file = random.oneIn(50) ? file : ['rules:', ...lines.slice(start, end)].join('\n');
  for (let edit = random.below(4); edit > 0; edit -= 1) {
    const at = random.below(file.length + 1);
    const piece = random.oneIn(3) ? text(random) : random.pick(yamlPieces);
    file = file.slice(0, at) + piece + file.slice(at + random.below(12));
  }
  return file;
}
