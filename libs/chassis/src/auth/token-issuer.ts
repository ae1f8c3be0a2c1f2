import type { Scope } from '@sentinel-forge/contracts';
import { SignJWT } from 'jose';

/** What a new token says. */
export interface TokenRequest {
  readonly secret: string;
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string;
  readonly scopes: readonly Scope[];
  readonly ttlSeconds: number;
}

/** Signs a token with the shared secret (HS256). */
export function issueToken(request: TokenRequest): Promise<string> {
  return new SignJWT({ scope: request.scopes.join(' ') })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(request.issuer)
    .setAudience(request.audience)
    .setSubject(request.subject)
    .setIssuedAt()
    .setExpirationTime(`${request.ttlSeconds} seconds`)
    .sign(new TextEncoder().encode(request.secret));
}
