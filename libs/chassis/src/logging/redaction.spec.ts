import fc from 'fast-check';
import { createRedactor, defaultRedactKeys, redactionMarker } from './redaction.js';

const redactor = createRedactor({ keys: ['tax_number', 'ssn'] });
const text = (given: string): string => redactor.text(given).value;

/** The same name as people write it: in any case, with any separators. */
const spelling = (name: string): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(fc.boolean(), fc.constantFrom('', '', '', '-', '_')), {
      minLength: name.length,
      maxLength: name.length,
    })
    .map((choices) => {
      const letters = [...name.replaceAll('_', '')];
      return letters
        .map((letter, index) => {
          const [isUpper, separator] = choices[index] ?? [false, ''];
          return (isUpper ? letter.toUpperCase() : letter) + (index === letters.length - 1 ? '' : separator);
        })
        .join('');
    });
const listedKey = fc.constantFrom(...defaultRedactKeys, 'tax_number', 'ssn').chain(spelling);
/** Nothing else in these tests contains it. */
const canary = 'c4n4ry';
const secretText = fc.string({ unit: 'grapheme', maxLength: 20 }).map((noise) => `${noise}${canary}${noise}`);
const secret = fc.oneof(
  secretText,
  fc.array(secretText, { minLength: 1 }),
  fc.dictionary(fc.string(), secretText, { minKeys: 1 }),
);
const json = fc.jsonValue({ maxDepth: 5 });

/** Puts a field into a random place of a random JSON value. */
const holding = (key: string, value: unknown): fc.Arbitrary<unknown> =>
  fc
    .array(fc.tuple(fc.boolean(), fc.string(), json), { maxLength: 20 })
    .map((layers) =>
      layers.reduce<unknown>(
        (inner, [isArray, name, beside]) =>
          isArray ? [beside, inner, beside] : { before: beside, [name]: inner, after: beside },
        { beside: 1, [key]: value },
      ),
    );

/** Text that looks like all kinds of things that hold secrets, whole and broken. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...'password= token: "api_key":" Bearer Basic {" } [ ] \\" \\ \' , ; & = : @ :// eyJ . -----BEGIN --secret Cookie:'.split(
          ' ',
        ),
      ),
      fc.constantFrom(
        ' ',
        '\n',
        redactionMarker,
        '-----BEGIN A KEY-----',
        '-----END A KEY-----',
        'eyJhbGciOi.eyJzdWIiOi.sig',
        'tokens=1',
      ),
      fc.string({ maxLength: 6 }),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(''));

describe('what stands under a sensitive name', () => {
  it('never appears, at any depth, in any spelling of the name, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.tuple(listedKey, secret).chain(([key, value]) => holding(key, value)),
        (value) => {
          const copy = redactor.value(value);
          const asJson = redactor.json(JSON.stringify(value));
          expect(JSON.stringify(copy.value)).not.toContain(canary);
          expect(asJson.value).not.toContain(canary);
          expect(JSON.parse(asJson.value)).toBeDefined();
          expect(redactor.text(JSON.stringify(value)).value).not.toContain(canary);
          expect(redactor.text(`failed with ${JSON.stringify(value)}`).value).not.toContain(canary);
          expect([copy.hidden, asJson.hidden]).toEqual([expect.any(Number), expect.any(Number)]);
          expect(Math.min(copy.hidden, asJson.hidden)).toBeGreaterThan(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never appears in running text', () => {
    const form = fc.constantFrom<(key: string, value: string) => string>(
      (key, value) => `${key}=${value}`,
      (key, value) => `at 12:30 ${key}: ${value} was sent`,
      (key, value) => `?a=1&${key}=${value}&b=2`,
      (key, value) => `run --my-${key} ${value} --more`,
      (key, value) => `Server=db;${key}='${value}';Port=1`,
      (key, value) => `{"a":1,"${key}":"${value}"`,
      (key, value) => `{\\"a\\":1,\\"${key}\\": \\"${value}\\"}`,
      (key, value) => `${key} => "${value}"`,
    );
    const word = fc.stringMatching(/^[\w.~+/]{0,12}$/).map((noise) => `${noise}${canary}`);
    fc.assert(
      fc.property(form, listedKey, word, (write, key, value) => expect(text(write(key, value))).not.toContain(canary)),
    );
  });

  it.each([
    ['db_password', 'hunter2'],
    ['PGPASSWORD', 'hunter2'],
    ['x-auth-token', 'abc'],
    ['Proxy-Authorization', 'Basic abc'],
    ['smtpPass', 'x'],
    ['password_hash', 'x'],
    ['clientSecretValue', 'x'],
    ['password2', 'x'],
    ['secrets', ['a']],
    ['tokens', { a: 1 }],
    ['pwd', 12345],
    ['credentials', { user: 'a', key: 'b' }],
  ])('hides %s', (key, value) => {
    expect(redactor.value({ [key]: value })).toEqual({ value: { [key]: redactionMarker }, hidden: 1 });
    expect(redactor.json(JSON.stringify({ [key]: value }))).toEqual({
      value: `{"${key}":"${redactionMarker}"}`,
      hidden: 1,
    });
  });

  it.each([
    ['tokens_used', 3],
    ['max_tokens', 4096],
    ['token_type', 'access'],
    ['secret_name', 'db'],
    ['POSTGRES_PASSWORD_FILE', '/run/secrets/db'],
    ['OLDPWD', '/home'],
    ['bypass', 'x'],
    ['password', null],
    ['has_password', true],
    ['token', ''],
    ['trace', '4bf92f3577b34da6a3ce929d0e0e4736'],
  ])('leaves %s, which holds no secret', (key, value) => {
    expect(redactor.value({ [key]: value })).toEqual({ value: { [key]: value }, hidden: 0 });
    const given = JSON.stringify({ [key]: value });
    expect(redactor.json(given)).toEqual({ value: given, hidden: 0 });
  });
});

describe('what is a secret by its look', () => {
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
  const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----';
  it.each([
    [`got ${jwt} from`, 'got [redacted] from'],
    [`before ${key} after`, 'before [redacted] after'],
    [key.slice(0, 50), redactionMarker],
    ['postgres://app:s3cr@t@db:5432/x?y=1', 'postgres://[redacted]@db:5432/x?y=1'],
    ['header Bearer abc123 sent', 'header Bearer [redacted] sent'],
    ['used basic dXNlcjpwYXNz here', 'used basic [redacted] here'],
    ['Authorization: Digest username="a", response="b"\nHost: x', 'Authorization: [redacted]\nHost: x'],
    ['curl -H "Cookie: a=b; c=d" https://x', 'curl -H "Cookie: [redacted]" https://x'],
    ['key AKIAIOSFODNN7EXAMPLE', 'key [redacted]'],
    ['{"env":["A=1","DB_PASSWORD=x y"]}', '{"env":["A=1","DB_PASSWORD=[redacted] y"]}'],
    ['{"msg":"sent {\\"password\\":\\"a\\\\\\"b\\"}"}', '{"msg":"sent {\\"password\\":\\"[redacted]\\"}"}'],
    ['{"body":"{\\"token\\":[1,2],\\"n\\":1}"}', '{"body":"{\\"token\\":\\"[redacted]\\",\\"n\\":1}"}'],
    ['{"pass\\u0077ord":"x","url":"a:\\/\\/u:p@h"}', '{"pass\\u0077ord":"[redacted]","url":"a://[redacted]@h"}'],
  ])('hides it in %j', (given, expected) => {
    expect(text(given)).toBe(expected);
  });

  it.each([
    'trace 4bf92f3577b34da6a3ce929d0e0e4736 span 00f067aa0ba902b7',
    'request 7f3c1a52-9b0e-4e6e-9df7-0b6f2d8c1a11',
    'image sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'Unexpected token in JSON at position 3',
    'basic functionality of the bearer token format',
    'the session expired; mail bob@example.org about https://example.org/@bob',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  ])('leaves %j', (given) => {
    expect(redactor.text(given)).toEqual({ value: given, hidden: 0 });
  });
});

describe('what is no secret', () => {
  it('keeps its bytes in JSON: big numbers, order, duplicates, white space', () => {
    const given = '{ "n":12345678901234567890, "b":1, "1":2,\n"a":[], "a":{"password" : "x" }, "z":1.10 }';
    expect(redactor.json(given).value).toBe(given.replace('"x"', JSON.stringify(redactionMarker)));
  });

  it('is the same afterwards in every JSON value', () => {
    fc.assert(
      fc.property(json, (beside) => {
        fc.pre(redactor.json(JSON.stringify(beside)).hidden === 0);
        const given = { beside, list: [{ token: canary }], after: beside };
        const expected = { beside, list: [{ token: redactionMarker }], after: beside };
        expect(JSON.stringify(redactor.value(given).value)).toBe(JSON.stringify(expected));
        expect(redactor.json(JSON.stringify(given)).value).toBe(JSON.stringify(expected));
      }),
    );
  });

  it('is never touched in the original', () => {
    const given = Object.freeze({ password: 'x', list: Object.freeze([Object.freeze({ token: 'y' })]) });
    expect(redactor.value(given).hidden).toBe(2);
    expect(given).toEqual({ password: 'x', list: [{ token: 'y' }] });
  });
});

it('is idempotent, and hides nothing the second time', () => {
  fc.assert(
    fc.property(hostileText, fc.string(), (hostile, name) => {
      const once = redactor.text(hostile).value;
      expect(redactor.text(once)).toEqual({ value: once, hidden: 0 });
      const json = redactor.json(JSON.stringify({ [name]: [hostile], token: hostile })).value;
      expect(redactor.json(json)).toEqual({ value: json, hidden: 0 });
      const copy = redactor.value({ [name]: hostile }).value;
      expect(redactor.value(copy)).toEqual({ value: copy, hidden: 0 });
    }),
    { numRuns: 3000 },
  );
});

describe('values that JSON cannot say', () => {
  it('are copied without harm', () => {
    const cyclic: Record<string, unknown> = { name: 'a' };
    cyclic.self = cyclic;
    const given = {
      cyclic,
      bytes: Buffer.from('password=x'),
      big: 12n,
      date: new Date(0),
      never: new Date(Number.NaN),
      map: new Map<unknown, unknown>([['token', 'x']]),
      set: new Set(['password=x']),
      url: new URL('https://u:p@h/'),
      nothing: undefined,
      call: () => 1,
      get broken(): string {
        throw new Error('no');
      },
    };
    expect(redactor.value(given).value).toEqual({
      cyclic: { name: 'a', self: '[circular]' },
      bytes: '[10 bytes]',
      big: '12',
      date: '1970-01-01T00:00:00.000Z',
      never: null,
      map: { token: redactionMarker },
      set: [`password=${redactionMarker}`],
      url: `https://${redactionMarker}@h/`,
      nothing: undefined,
      call: undefined,
      broken: '[unreadable]',
    });
  });

  it('tells errors with their cause and their own fields, without the secrets in them', () => {
    const error = Object.assign(new Error('bad token=x', { cause: new TypeError('password: y') }), {
      code: 'E_X',
      secret: 'z',
    });
    expect(redactor.value({ error }).value).toEqual({
      error: {
        name: 'Error',
        message: 'bad token=[redacted]',
        stack: expect.not.stringContaining('token=x'),
        code: 'E_X',
        secret: redactionMarker,
        cause: {
          name: 'TypeError',
          message: 'password: [redacted]',
          stack: expect.not.stringContaining('password: y'),
        },
      },
    });
  });

  it('keeps a __proto__ key a key', () => {
    const given: unknown = JSON.parse('{"__proto__":{"token":"x","a":1}}');
    const { value } = redactor.value(given);
    expect(JSON.stringify(value)).toBe('{"__proto__":{"token":"[redacted]","a":1}}');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it('bounds depth, breadth and shared structure', () => {
    let deep: unknown = 'end';
    let bomb: unknown = ['end'];
    for (let level = 0; level < 100_000; level += 1) {
      deep = { deep };
    }
    for (let level = 0; level < 30; level += 1) {
      bomb = [bomb, bomb, bomb];
    }
    expect(JSON.stringify(redactor.value(deep).value)).toContain('[too deep]');
    expect(JSON.stringify(redactor.value(bomb).value)).toContain('[too large]');
    expect(JSON.stringify(redactor.value(new Array(1e8)).value)).toContain('[too large]');
    const nested = `${'[{"a":'.repeat(100_000)}1${'}]'.repeat(100_000)}`;
    expect(redactor.json(`{"token":${nested},"n":1}`)).toEqual({ value: '{"token":"[redacted]","n":1}', hidden: 1 });
  });
});

// A pattern that backtracks takes minutes for these; the bound leaves room for a busy machine.
it.each(
  'token token=x_ "cookie:_ eyJ eyJa. ://a@ -----BEGIN_ -----BEGIN_A_KEY-----_ bearer_ basic_YTpi_ \\ \\" password=, password={ {"password":[ p_ --token_ S A2 password_1'.split(
    ' ',
  ),
)('takes linear time for a hostile line of 1 MiB made of %j', (part) => {
  const piece = part.replaceAll('_', ' ');
  const mebibyte = 1024 * 1024;
  const body = piece.repeat(mebibyte / piece.length);
  for (const line of [body, `password=${body}`, `password="${body}`, `password=[${body}`, `https://${body}`]) {
    const before = performance.now();
    redactor.text(line);
    redactor.json(JSON.stringify({ line }));
    expect(performance.now() - before).toBeLessThan(1000);
  }
});
