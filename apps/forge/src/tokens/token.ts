import { issueToken, type MeshSettings, tokenKeyKindOf } from '@sentinel-forge/chassis';
import { allScopes, ForgeError, type Scope } from '@sentinel-forge/contracts';
import { loadToolSettings, type ToolSettings } from '../mesh/mesh-settings.js';
import { printAnswer } from '../terminal/printer.js';
import { readTokenClaims } from './token-claims.js';

/** What a new token should say; nothing at all: the operator's own is wanted. */
export interface TokenWish {
  readonly scopes: readonly string[] | undefined;
  readonly ttlMs: number | undefined;
  readonly subject: string | undefined;
}

const ownTtlSeconds = 60 * 60;
const defaultTtlMs = 30 * 24 * 60 * 60 * 1000;

/** Prints a token: bare, so that `$(forge token)` is one. */
export async function printToken(wish: TokenWish, options: { readonly json?: boolean }): Promise<void> {
  const settings = loadToolSettings(process.env);
  const token = (isPlain(wish) ? knownToken(settings) : undefined) ?? (await newToken(wish, settings));
  const claims = readTokenClaims(token);
  const expiresAt = claims === undefined ? undefined : new Date(claims.expiresAtMs).toISOString();
  await printAnswer({ token, subject: claims?.subject, scopes: claims?.scopes, expiresAt }, options, () => token);
}

function isPlain({ scopes, ttlMs, subject }: TokenWish): boolean {
  return scopes === undefined && ttlMs === undefined && subject === undefined;
}

function knownToken({ runner, directory }: ToolSettings): string | undefined {
  const token = runner.token ?? directory.readToken();
  const claims = token === undefined ? undefined : readTokenClaims(token);
  return claims !== undefined && claims.expiresAtMs > Date.now() ? token : undefined;
}

/** A token for one run of the tool, where the settings hold the private key that it can be signed with. */
export async function ownToken(mesh: MeshSettings): Promise<string | undefined> {
  const { jwtSecret, jwtIssuer, jwtAudience } = mesh;
  return jwtSecret === undefined || tokenKeyKindOf(jwtSecret) !== 'private'
    ? undefined
    : issueToken({
        secret: jwtSecret,
        issuer: jwtIssuer,
        audience: jwtAudience,
        subject: 'operator',
        scopes: allScopes,
        ttlSeconds: ownTtlSeconds,
      });
}

async function newToken(
  { scopes, ttlMs = defaultTtlMs, subject = 'operator' }: TokenWish,
  settings: ToolSettings,
): Promise<string> {
  const { mesh } = settings;
  return issueToken({
    secret: secretOf(settings),
    issuer: mesh.jwtIssuer,
    audience: mesh.jwtAudience,
    subject,
    scopes: scopes === undefined ? allScopes : scopes.map(knownScope),
    ttlSeconds: Math.max(1, Math.round(ttlMs / 1000)),
  });
}

function secretOf({ mesh, directory }: ToolSettings): string {
  const secret = mesh.jwtSecret ?? (mesh.jwksUrl === undefined ? directory.findSecrets()?.jwtSecret : undefined);
  if (secret === undefined || tokenKeyKindOf(secret) === 'public') {
    const reason =
      mesh.jwksUrl !== undefined || secret !== undefined
        ? 'Tokens are signed elsewhere'
        : `No mesh was ever started on ${directory.path}`;
    throw new ForgeError(
      'FORGE_CONFIG_INVALID',
      `${reason}: ask whoever signs them for one, or set FORGE_JWT_SECRET to the shared secret or the private key`,
    );
  }
  return secret;
}

function knownScope(word: string): Scope {
  const scope = allScopes.find((known) => known === word);
  if (scope === undefined) {
    throw new ForgeError('FORGE_CONFIG_INVALID', `"${word}" is no scope; there are ${allScopes.join(', ')}`);
  }
  return scope;
}
