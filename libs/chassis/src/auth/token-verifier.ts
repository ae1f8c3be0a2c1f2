import type { KeyObject } from 'node:crypto';
import { allScopes, ForgeError, limits, type Scope } from '@sentinel-forge/contracts';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { MeshSettings } from '../settings/mesh.settings.js';
import { verifyingKeyOf } from './token-key.js';

/** Who presents a token, and what it allows. */
export interface Identity {
  readonly subject: string;
  readonly scopes: ReadonlySet<Scope>;
}

const clockToleranceSeconds = 5;

type Key = { readonly key: Uint8Array | KeyObject | JWTVerifyGetKey; readonly algorithms: readonly string[] };

/**
 * Verifies bearer tokens (RFC 7519, RFC 6750). Each kind of key admits only its own algorithms: a public key can never be
 * taken for a shared secret, and `none` never passes.
 */
export class TokenVerifier {
  #key: Key | undefined;

  constructor(private readonly settings: MeshSettings) {}

  /**
   * @param authorization the header `Authorization`
   * @throws ForgeError `FORGE_AUTH_REQUIRED` for anything but a valid token; `FORGE_AUTH_UNAVAILABLE` when the keys cannot be
   *   fetched, which says nothing of the token
   */
  async verify(authorization: string | undefined): Promise<Identity> {
    const token = /^Bearer ([^\s]+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) {
      throw new ForgeError('FORGE_AUTH_REQUIRED', 'No bearer token was sent');
    }
    try {
      this.#key ??= keyOf(this.settings);
      const { key, algorithms } = this.#key;
      const options = {
        algorithms: [...algorithms],
        issuer: this.settings.jwtIssuer,
        audience: this.settings.jwtAudience,
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['exp', 'sub'],
      };
      const { payload } = await (typeof key === 'function'
        ? jwtVerify(token, key, options)
        : jwtVerify(token, key, options));
      return identityOf(payload);
    } catch (error) {
      if (this.settings.jwksUrl !== undefined && isKeySourceAway(error)) {
        throw new ForgeError('FORGE_AUTH_UNAVAILABLE', 'The keys that tokens are verified with cannot be fetched', {
          cause: error,
        });
      }
      throw new ForgeError('FORGE_AUTH_REQUIRED', `The token is not valid: ${reasonOf(error)}`, { cause: error });
    }
  }
}

function keyOf(settings: MeshSettings): Key {
  if (settings.jwksUrl !== undefined) {
    return { key: createRemoteJWKSet(new URL(settings.jwksUrl)), algorithms: ['EdDSA', 'ES256', 'RS256'] };
  }
  const { key, algorithm } = verifyingKeyOf(settings.jwtSecret ?? '');
  return { key, algorithms: [algorithm] };
}

// What jose throws of itself is about the token, but for an answer of the key server that is late or no key set.
function isKeySourceAway(error: unknown): boolean {
  return (
    !(error instanceof errors.JOSEError || error instanceof ForgeError) ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === 'ERR_JOSE_GENERIC'
  );
}

function identityOf(payload: JWTPayload): Identity {
  const { sub } = payload;
  // It names the actor in events, where it is a name like any other.
  if (typeof sub !== 'string' || sub === '' || sub.length > limits.nameLength) {
    throw new errors.JWTClaimValidationFailed('"sub" must be a name', payload, 'sub', 'check_failed');
  }
  const words = typeof payload.scope === 'string' ? payload.scope.split(' ') : [];
  return { subject: sub, scopes: new Set(allScopes.filter((scope) => words.includes(scope))) };
}

// A client learns what to mend, never how the key is held.
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) {
    return 'it has expired';
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `the claim "${error.claim}" does not fit`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return 'its algorithm is not allowed here';
  }
  return error instanceof errors.JWSSignatureVerificationFailed
    ? 'its signature does not fit'
    : 'it cannot be verified';
}
