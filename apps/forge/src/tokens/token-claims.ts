/** What a token says, as far as the tool reads it. */
export interface TokenClaims {
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly expiresAtMs: number;
}

/** Reads what a token says, without checking that it is genuine; undefined when it is no token. */
export function readTokenClaims(token: string): TokenClaims | undefined {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
    const { sub, scope, exp } = JSON.parse(payload) as Readonly<Record<string, unknown>>;
    return typeof exp === 'number'
      ? {
          subject: String(sub),
          scopes: String(scope ?? '')
            .split(' ')
            .filter((word) => word !== ''),
          expiresAtMs: exp * 1000,
        }
      : undefined;
  } catch {
    return undefined;
  }
}
