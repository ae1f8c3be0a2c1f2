import { issueToken } from '@sentinel-forge/chassis';
import { readTokenClaims } from './token-claims.js';

describe('readTokenClaims', () => {
  it('reads what a token says', async () => {
    const token = await issueToken({
      secret: 'a-secret-of-at-least-32-characters',
      issuer: 'i',
      audience: 'a',
      subject: 'ci',
      scopes: ['defend:write', 'rules:read'],
      ttlSeconds: 60,
    });
    const claims = readTokenClaims(token);
    expect(claims).toMatchObject({ subject: 'ci', scopes: ['defend:write', 'rules:read'] });
    expect((claims?.expiresAtMs ?? 0) - Date.now()).toBeGreaterThan(50_000);
  });

  it.each(['', 'abc', 'a.b.c', `a.${Buffer.from('null').toString('base64url')}.c`])('finds nothing in "%s"', (text) => {
    expect(readTokenClaims(text)).toBeUndefined();
  });
});
