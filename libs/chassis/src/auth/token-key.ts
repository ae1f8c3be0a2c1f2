import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/** What a text is as the key of tokens. `private` verifies as well, by the public key that is in it. */
export type TokenKeyKind = 'shared' | 'public' | 'private';

/**
 * Tells which: a shared secret (HS256), or the public or private half of a pair (EdDSA) in PEM form; undefined for anything
 * else in PEM form. That would else be taken for a shared secret, and much of it is known to all: a certificate, say.
 */
export function tokenKeyKindOf(text: string): TokenKeyKind | undefined {
  if (!text.includes('-----BEGIN')) {
    return 'shared';
  }
  const isPublic = /^\s*-----BEGIN PUBLIC KEY-----/.test(text);
  const isPrivate = /^\s*-----BEGIN PRIVATE KEY-----/.test(text);
  try {
    const key = isPrivate ? createPrivateKey(text) : createPublicKey(text);
    return key.asymmetricKeyType === 'ed25519' && (isPublic || isPrivate)
      ? isPublic
        ? 'public'
        : 'private'
      : undefined;
  } catch {
    return undefined;
  }
}

/** The key that tokens are verified with, and the one algorithm that goes with it. */
export function verifyingKeyOf(text: string): { readonly key: KeyObject | Uint8Array; readonly algorithm: string } {
  return tokenKeyKindOf(text) === 'shared'
    ? { key: new TextEncoder().encode(text), algorithm: 'HS256' }
    : { key: createPublicKey(text), algorithm: 'EdDSA' };
}

/** The key that tokens are signed with; undefined for a public key, which signs nothing. */
export function signingKeyOf(
  text: string,
): { readonly key: KeyObject | Uint8Array; readonly algorithm: string } | undefined {
  switch (tokenKeyKindOf(text)) {
    case 'shared':
      return { key: new TextEncoder().encode(text), algorithm: 'HS256' };
    case 'private':
      return { key: createPrivateKey(text), algorithm: 'EdDSA' };
    default:
      return undefined;
  }
}
