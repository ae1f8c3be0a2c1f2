import { ForgeError, type Scope } from '@sentinel-forge/contracts';
import { SignJWT } from 'jose';
import { signingKeyOf } from './token-key.js';

/** What a new token says. */
export interface TokenRequest {
  /** As FORGE_JWT_SECRET has it. */
  readonly secret: string;
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string;
  readonly scopes: readonly Scope[];
  readonly ttlSeconds: number;
}

/**
 * Signs a token: with a shared secret (HS256), or the private key of a pair (EdDSA).
 * @throws ForgeError `FORGE_CONFIG_INVALID` for a public key, which signs nothing
 */
export async function issueToken(request: TokenRequest): Promise<string> {
  const signing = signingKeyOf(request.secret);
  if (signing === undefined) {
    throw new ForgeError(
      'FORGE_CONFIG_INVALID',
      'Tokens are signed with a shared secret or a private key, and this is a public one',
    );
  }
  return new SignJWT({ scope: request.scopes.join(' ') })
    .setProtectedHeader({ alg: signing.algorithm, typ: 'JWT' })
    .setIssuer(request.issuer)
    .setAudience(request.audience)
    .setSubject(request.subject)
    .setIssuedAt()
    .setExpirationTime(`${request.ttlSeconds} seconds`)
    .sign(signing.key);
}
