import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ForgeError } from '@sentinel-forge/contracts';
import { type Environment, loadSettings } from './load-settings.js';
import { MeshSettings, RunnerSettings } from './mesh.settings.js';
import { Setting } from './setting.decorator.js';
import { flag, integer, secretKey, subjectToken, text, url } from './setting-types.js';

class ShopSettings {
  @Setting({ env: 'SHOP_LIMIT', type: integer(1, 9), default: 5, summary: 'How many' })
  readonly limit!: number;

  @Setting({ env: 'SHOP_PASSWORD', type: text(), isSecret: true, summary: 'The password of the till' })
  readonly password!: string;

  @Setting({ env: 'SHOP_HOOK', type: url('https'), isOptional: true, isSecret: true, summary: 'Where it calls' })
  readonly hook?: string;

  @Setting({ env: 'SHOP_OPEN', type: flag(), default: false, summary: 'Whether it is open' })
  readonly isOpen!: boolean;
}

const classes = [MeshSettings, RunnerSettings, ShopSettings] as const;

function complaintOf(environment: Environment): string {
  try {
    loadSettings(classes, environment);
    return '';
  } catch (error) {
    expect(error).toMatchObject({ code: 'FORGE_CONFIG_INVALID' });
    return (error as ForgeError).message;
  }
}

describe('settings', () => {
  it('have the value that is set, or else their default', () => {
    const [mesh, , shop] = loadSettings(classes, {
      SHOP_PASSWORD: 'p',
      SHOP_OPEN: 'YES',
      NATS_URL: 'nats://a:1, nats://b:2',
    });
    expect(shop).toEqual({ limit: 5, password: 'p', hook: undefined, isOpen: true });
    expect(mesh.natsUrls).toEqual(['nats://a:1', 'nats://b:2']);
    expect(mesh.rateLimitRpm).toBe(600);
  });

  it('cannot be changed once they are read', () => {
    const [, , shop] = loadSettings(classes, { SHOP_PASSWORD: 'p' });
    expect(() => Object.assign(shop, { limit: 6 })).toThrow(TypeError);
  });

  it('count as not set when they are empty', () => {
    expect(loadSettings(classes, { SHOP_PASSWORD: 'p', SHOP_LIMIT: '' })[2].limit).toBe(5);
    expect(complaintOf({ SHOP_PASSWORD: '' })).toContain('SHOP_PASSWORD is required');
  });

  it('are all looked at before anything is said: every mistake is listed at once', () => {
    const complaint = complaintOf({
      SHOP_LIMIT: '10',
      SHOP_HOOK: 'ftp://x',
      FORGE_RATE_LIMIT_RPM: 'many',
      FORGE_JWT_SECRET: 'short',
    });
    expect(complaint.split('\n').slice(1)).toEqual([
      '  - FORGE_JWT_SECRET must be at least 32 characters, or an Ed25519 key in PEM form; make one with: openssl rand -base64 48',
      '  - FORGE_RATE_LIMIT_RPM must be a whole number from 1 to 10000000',
      '  - SHOP_LIMIT must be a whole number from 1 to 9',
      '  - SHOP_PASSWORD is required: text (The password of the till)',
      '  - SHOP_HOOK must be a URL that starts with https://',
    ]);
  });

  it('never repeat a value in what they complain of: it may be a secret', () => {
    const canary = 'canary-7f3c1a52';
    const complaint = complaintOf({
      SHOP_LIMIT: canary,
      SHOP_HOOK: `http://user:${canary}@example.org`,
      SHOP_OPEN: canary,
      FORGE_JWKS_URL: canary,
      FORGE_JWT_SECRET: canary,
      FORGE_HOST: `${canary}.example`,
      FORGE_LOG_LEVEL: canary,
      FORGE_UNKNOWN: canary,
      SHOP_PASSWORD_FILE: canary, // the secret itself, put where the path belongs
    });
    expect(complaint.split('\n').length).toBeGreaterThan(9);
    expect(complaint).not.toContain(canary);
  });
});

describe('a setting that no service knows', () => {
  it('is refused when it begins with FORGE_, with the name that was probably meant', () => {
    expect(complaintOf({ SHOP_PASSWORD: 'p', FORGE_DATADIR: 'x' })).toContain(
      'FORGE_DATADIR is not a setting of any service; did you mean FORGE_DATA_DIR?',
    );
    expect(complaintOf({ SHOP_PASSWORD: 'p', FORGE_RATE_LIMT_RPM: '1' })).toContain('FORGE_RATE_LIMIT_RPM?');
    expect(complaintOf({ SHOP_PASSWORD: 'p', FORGE_DATADIR_FILE: 'x' })).toContain(
      'FORGE_DATADIR_FILE is not a setting',
    );
  });

  it('is none of our business otherwise', () => {
    expect(complaintOf({ SHOP_PASSWORD: 'p', PATH: '/bin', SHOP_COLOUR: 'red', forge_lower: 'x' })).toBe('');
  });
});

describe('a setting from a file', () => {
  const dir = mkdtempSync(join(tmpdir(), 'forge-settings-'));
  const file = join(dir, 'secret');
  afterAll(() => rmSync(dir, { recursive: true }));

  it('is read without the line end that editors add', () => {
    writeFileSync(file, 'p w \n');
    expect(loadSettings(classes, { SHOP_PASSWORD_FILE: file })[2].password).toBe('p w');
  });

  it('is refused when it is set directly as well, and when there is no such file', () => {
    expect(complaintOf({ SHOP_PASSWORD: 'p', SHOP_PASSWORD_FILE: file })).toContain('SHOP_PASSWORD is set twice');
    expect(complaintOf({ SHOP_PASSWORD_FILE: join(dir, 'none') })).toContain(
      'SHOP_PASSWORD cannot be read from the file that SHOP_PASSWORD_FILE names: ENOENT',
    );
  });

  it('may be any FORGE_* setting too', () => {
    writeFileSync(file, 's'.repeat(40));
    expect(loadSettings(classes, { SHOP_PASSWORD: 'p', FORGE_JWT_SECRET_FILE: file })[0].jwtSecret).toBe(
      's'.repeat(40),
    );
  });
});

describe('the key of tokens', () => {
  const pem = (type: 'spki' | 'pkcs8', kind: 'ed25519' | 'rsa'): string => {
    const { publicKey, privateKey } =
      kind === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519');
    return String(
      type === 'spki' ? publicKey.export({ type, format: 'pem' }) : privateKey.export({ type, format: 'pem' }),
    );
  };

  it('is a shared secret of 32 characters or more, or an Ed25519 key', () => {
    expect(secretKey().parse('x'.repeat(32))).toHaveLength(32);
    expect(secretKey().parse(pem('spki', 'ed25519'))).toContain('BEGIN PUBLIC KEY');
    expect(secretKey().parse(pem('pkcs8', 'ed25519'))).toContain('BEGIN PRIVATE KEY');
  });

  it.each([
    ['a public key of another kind', pem('spki', 'rsa')],
    ['a private key of another kind', pem('pkcs8', 'rsa')],
    ['a certificate, which everybody has', `-----BEGIN CERTIFICATE-----\n${'A'.repeat(64)}\n-----END CERTIFICATE-----`],
    ['half a key', pem('spki', 'ed25519').slice(0, 50)],
  ])('is never %s, taken for a shared secret', (_what, value) => {
    expect(() => secretKey().parse(value)).toThrow('no Ed25519 key');
  });
});

it.each([
  [integer(0, 10), ['-1', '11', '1.5', '1e1', '0x1', '', ' ', 'ten', 'NaN']],
  [flag(), ['maybe', '2', '']],
  [subjectToken(), ['a.b', 'a b', '>', '*', '', 'x'.repeat(65)]],
  [url('nats'), ['http://x', 'x', '//x']],
])('%# refuses what is not as it describes', (type, values) => {
  for (const value of values) {
    expect(() => type.parse(value)).toThrow(type.description);
  }
});
