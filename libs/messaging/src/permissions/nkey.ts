import { createUser, fromSeed } from '@nats-io/nkeys';
import { ForgeError } from '@sentinel-forge/contracts';

/** A pair of NATS user keys: the seed proves who one is, the public key is all that a server keeps. */
export interface Nkey {
  /** `SU…`: secret. */
  readonly seed: string;
  /** `U…` */
  readonly publicKey: string;
}

/** Makes a new pair. */
export function createNkey(): Nkey {
  const pair = createUser();
  return { seed: new TextDecoder().decode(pair.getSeed()), publicKey: pair.getPublicKey() };
}

/**
 * The public key of a seed.
 * @throws ForgeError `FORGE_CONFIG_INVALID` for what is no seed of a user; the text itself is not repeated
 */
export function publicKeyOf(seed: string): string {
  try {
    const publicKey = fromSeed(new TextEncoder().encode(seed.trim())).getPublicKey();
    if (publicKey.startsWith('U')) {
      return publicKey;
    }
  } catch {
    // said below: the library's words quote what they were given
  }
  throw new ForgeError('FORGE_CONFIG_INVALID', 'A seed of NATS user keys begins with SU and has 58 characters');
}
