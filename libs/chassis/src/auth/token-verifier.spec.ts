import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadSettings } from '../settings/load-settings.js';
import { MeshSettings, RunnerSettings } from '../settings/mesh.settings.js';
import { issueToken } from './token-issuer.js';
import { TokenVerifier } from './token-verifier.js';

const secret = 'a-shared-secret-of-at-least-32-characters';
const now = (): number => Math.floor(Date.now() / 1000);
const claims = {
  iss: 'sentinel-forge',
  aud: 'sentinel-forge',
  sub: 'ada',
  scope: 'defend:write rules:read',
  exp: now() + 60,
};
const pair = generateKeyPairSync('ed25519');
const publicPem = String(pair.publicKey.export({ type: 'spki', format: 'pem' }));

function verifier(environment: Readonly<Record<string, string>>): TokenVerifier {
  const [settings] = loadSettings([MeshSettings, RunnerSettings], environment);
  return new TokenVerifier(settings);
}

const shared = verifier({ FORGE_JWT_SECRET: secret });
const asymmetric = verifier({ FORGE_JWT_SECRET: publicPem });

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
/** A token by hand: what no honest library would write. */
function forge(header: object, payload: object, sign: (input: string) => string): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${sign(input)}`;
}
const hs256 = (key: string | Buffer) => (input: string) => createHmac('sha256', key).update(input).digest('base64url');
const token = (payload: object = claims, header: object = { alg: 'HS256' }, key: string = secret): string =>
  forge(header, payload, hs256(key));
function eddsa(payload: object, header: object = {}, key: KeyObject = pair.privateKey): string {
  return forge({ alg: 'EdDSA', ...header }, payload, (input) =>
    sign(null, Buffer.from(input), key).toString('base64url'),
  );
}

const refused = (reason: string) =>
  expect.objectContaining({ code: 'FORGE_AUTH_REQUIRED', message: expect.stringContaining(reason) });

describe('a valid token', () => {
  it('says who presents it and what that one may do, as far as such scopes exist', async () => {
    const identity = await shared.verify(
      `Bearer ${token({ ...claims, scope: 'defend:write all:everything rules:read' })}`,
    );
    expect(identity).toEqual({ subject: 'ada', scopes: new Set(['defend:write', 'rules:read']) });
  });

  it('without scopes, or with scopes that are no text, allows nothing', async () => {
    for (const scope of [undefined, '', ['defend:write'], { defend: 'write' }]) {
      expect((await shared.verify(`Bearer ${token({ ...claims, scope })}`)).scopes).toEqual(new Set());
    }
  });

  it('may be meant for others too', async () => {
    expect((await shared.verify(`Bearer ${token({ ...claims, aud: ['x', 'sentinel-forge'] })}`)).subject).toBe('ada');
  });

  it('is what we issue ourselves', async () => {
    const issued = await issueToken({
      secret,
      issuer: 'sentinel-forge',
      audience: 'sentinel-forge',
      subject: 'ada',
      scopes: ['notify:read'],
      ttlSeconds: 60,
    });
    expect(await shared.verify(`bearer ${issued}`)).toEqual({ subject: 'ada', scopes: new Set(['notify:read']) });
  });

  it('may be signed with the private key whose public one we have', async () => {
    expect((await asymmetric.verify(`Bearer ${eddsa(claims)}`)).subject).toBe('ada');
  });
});

describe('what is no bearer token', () => {
  it.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['the word alone', 'Bearer'],
    ['the word and a space', 'Bearer '],
    ['a token of another scheme', `Basic ${token()}`],
    ['a token without the word', token()],
    ['a token and more', `Bearer ${token()} x`],
    ['a token after two spaces', `Bearer  ${token()}`],
  ])('is refused: %s', async (_what, authorization) => {
    await expect(shared.verify(authorization)).rejects.toEqual(refused('No bearer token'));
  });

  it.each([
    ['a word', 'x'],
    ['two parts', 'a.b'],
    ['three parts that say nothing', 'a.b.c'],
    ['dots', '..'],
    ['a part too many', `${token()}.x`],
    ['a signature that is cut off', token().slice(0, -2)],
    ['a header alone', `${base64url({ alg: 'HS256' })}.e30.`],
  ])('is refused in its place: %s', async (_what, text) => {
    await expect(shared.verify(`Bearer ${text}`)).rejects.toEqual(refused('The token is not valid'));
  });
});

describe('a token whose claims do not fit', () => {
  it.each([
    ['has expired', { exp: now() - 60 }, 'expired'],
    ['never expires', { exp: undefined }, '"exp"'],
    ['expires at no time', { exp: 'tomorrow' }, '"exp"'],
    ['is not valid yet', { nbf: now() + 60 }, '"nbf"'],
    ['is of another issuer', { iss: 'evil' }, '"iss"'],
    ['is of no issuer', { iss: undefined }, '"iss"'],
    ['is for another audience', { aud: 'evil' }, '"aud"'],
    ['is for no audience', { aud: undefined }, '"aud"'],
    ['names nobody', { sub: undefined }, '"sub"'],
    ['names nobody in particular', { sub: '' }, '"sub"'],
    ['names no name', { sub: { $ne: null } }, '"sub"'],
    ['names more than a name', { sub: 'x'.repeat(256) }, '"sub"'],
  ])('is refused: it %s', async (_what, change, reason) => {
    await expect(shared.verify(`Bearer ${token({ ...claims, ...change })}`)).rejects.toEqual(refused(reason));
  });
});

describe('a token that is forged', () => {
  it.each([
    ['with no algorithm', forge({ alg: 'none' }, claims, () => '')],
    ['with no algorithm, in other letters', forge({ alg: 'nOnE' }, claims, () => '')],
    ['with no algorithm and a signature', forge({ alg: 'none' }, claims, hs256(secret))],
    ['with another secret', token(claims, { alg: 'HS256' }, 'another-secret-of-at-least-32-characters')],
    ['with an empty secret', token(claims, { alg: 'HS256' }, '')],
    ['with a changed payload', token().replace(/\.[^.]+\./, `.${base64url({ ...claims, sub: 'root' })}.`)],
    [
      'with another algorithm of the same family',
      forge({ alg: 'HS512' }, claims, (input) => createHmac('sha512', secret).update(input).digest('base64url')),
    ],
    ['with a critical header that nobody knows', token(claims, { alg: 'HS256', crit: ['exp2'], exp2: 1 })],
    ['with no type of algorithm at all', token(claims, {})],
  ])('is refused: %s', async (_what, text) => {
    await expect(shared.verify(`Bearer ${text}`)).rejects.toEqual(refused('The token is not valid'));
  });

  it.each(['../../../../dev/null', '/dev/null', "x' UNION SELECT 'secret", '0', ''])(
    'is not helped by the key id %j',
    async (kid) => {
      await expect(shared.verify(`Bearer ${token(claims, { alg: 'HS256', kid }, '')}`)).rejects.toEqual(
        refused('signature'),
      );
    },
  );

  it('with the public key, which everybody has, as the shared secret, is refused', async () => {
    for (const key of [publicPem, publicPem.trim(), pair.publicKey.export({ type: 'spki', format: 'der' })]) {
      const text = forge({ alg: 'HS256' }, claims, hs256(key));
      await expect(asymmetric.verify(`Bearer ${text}`)).rejects.toEqual(refused('algorithm'));
    }
  });

  it('with another private key is refused', async () => {
    const stranger = generateKeyPairSync('ed25519');
    await expect(asymmetric.verify(`Bearer ${eddsa(claims, {}, stranger.privateKey)}`)).rejects.toEqual(
      refused('signature'),
    );
  });
});

it('says why a token is refused, and never what the key is', async () => {
  for (const text of [
    token(claims, { alg: 'HS256' }, 'x'.repeat(32)),
    'a.b.c',
    forge({ alg: 'none' }, claims, () => ''),
  ]) {
    const failure: Error = await shared.verify(`Bearer ${text}`).then(
      () => new Error('not refused'),
      (error: Error) => error,
    );
    expect(failure.message).toMatch(/^The token is not valid: /);
    expect(failure.message).not.toContain(secret);
  }
});

describe('with a set of keys', () => {
  // A set that holds a shared secret beside is badly kept; it must not make a secret of what everybody can fetch.
  const symmetric = { kty: 'oct', k: Buffer.from(secret).toString('base64url'), kid: 'shared', alg: 'HS256' };
  const known = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'EdDSA', use: 'sig' };
  let server: Server;
  let keys: TokenVerifier;

  beforeAll(async () => {
    server = createServer((_request, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [known, symmetric] })),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    keys = verifier({ FORGE_JWKS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys` });
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('takes a token that is signed with one of them', async () => {
    expect((await keys.verify(`Bearer ${eddsa(claims, { kid: 'one' })}`)).subject).toBe('ada');
  });

  it('refuses a token that brings its own key along', async () => {
    const stranger = generateKeyPairSync('ed25519');
    const jwk = stranger.publicKey.export({ format: 'jwk' });
    const { port } = server.address() as AddressInfo;
    for (const header of [
      { jwk },
      { jwk, kid: 'one' },
      { jku: `http://127.0.0.1:${port}/evil`, kid: 'one' },
      { x5c: ['AAAA'], kid: 'one' },
      { kid: 'two' },
    ]) {
      await expect(keys.verify(`Bearer ${eddsa(claims, header, stranger.privateKey)}`)).rejects.toEqual(
        refused('The token is not valid'),
      );
    }
  });

  it.each<[string, object]>([
    ['a number', { kid: 7 }],
    ['nothing', { kid: null }],
    ['an object', { kid: { $ne: 'one' } }],
    ['a list', { kid: ['one'] }],
    ['a property of every object', { kid: '__proto__' }],
    ['a path', { kid: '../../../../dev/null' }],
    ['that of another kind of key', { kid: 'shared' }],
    ['a known one, and says RS256', { kid: 'one', alg: 'RS256' }],
    ['a known one, and says ES256', { kid: 'one', alg: 'ES256' }],
    ['a known one, and says none', { kid: 'one', alg: 'none' }],
    ['a known one, and says an algorithm that is no text', { kid: 'one', alg: ['EdDSA'] }],
    ['a known one, and must be read in another way', { kid: 'one', crit: ['b64'], b64: false }],
    ['a known one, and is signed by a stranger', { kid: 'one' }],
  ])('refuses a stranger whose key id is %s', async (_what, header) => {
    const stranger = generateKeyPairSync('ed25519');
    await expect(keys.verify(`Bearer ${eddsa(claims, header, stranger.privateKey)}`)).rejects.toEqual(
      refused('The token is not valid'),
    );
  });

  it('refuses the shared secret of a set', async () => {
    await expect(keys.verify(`Bearer ${token(claims, { alg: 'HS256', kid: 'shared' })}`)).rejects.toEqual(
      refused('algorithm'),
    );
  });

  it('does not blame the token when the keys cannot be fetched', async () => {
    let answer: readonly [number, string] = [500, ''];
    const away = createServer((_request, response) => response.writeHead(answer[0]).end(answer[1]));
    await new Promise<void>((resolve) => away.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(away.address() as AddressInfo).port}/keys`;
    const bearer = `Bearer ${eddsa(claims, { kid: 'one' })}`;
    const unavailable = expect.objectContaining({ code: 'FORGE_AUTH_UNAVAILABLE' });
    await expect(verifier({ FORGE_JWKS_URL: url }).verify(bearer)).rejects.toEqual(unavailable);
    for (const noKeySet of ['{}', '[]', 'null', '{"keys":{}}', '<html>']) {
      answer = [200, noKeySet];
      await expect(verifier({ FORGE_JWKS_URL: url }).verify(bearer)).rejects.toEqual(unavailable);
    }
    await new Promise((resolve) => away.close(resolve));
    await expect(verifier({ FORGE_JWKS_URL: url }).verify(bearer)).rejects.toEqual(unavailable);
  });

  it('refuses a shared secret, whatever it is', async () => {
    await expect(
      keys.verify(`Bearer ${token(claims, { alg: 'HS256', kid: 'one' }, JSON.stringify(known))}`),
    ).rejects.toEqual(refused('algorithm'));
  });
});
