import type { NatsCredentials } from '@sentinel-forge/messaging';
import type { EmbeddedSecrets, MeshAddress } from '../embedded/data-directory.js';
import { embeddedPassword } from '../embedded/nats-config.js';

/** What is known before the mesh is reached. */
export interface AccessFacts {
  /** NATS_URL, where it is set. */
  readonly natsUrls: readonly string[] | undefined;
  /** What the settings say of who one is. */
  readonly credentials: NatsCredentials;
  /** FORGE_TOKEN. */
  readonly token: string | undefined;
  readonly host: string;
  /** Of the mesh that runs on the data directory. */
  readonly address: MeshAddress | undefined;
  readonly secrets: EmbeddedSecrets | undefined;
  readonly operatorToken: string | undefined;
}

/** How the mesh is reached, and as whom. */
export interface MeshAccess {
  readonly natsUrls: readonly string[];
  readonly credentials: NatsCredentials;
  readonly token: string | undefined;
  /** The Docker host of the mesh that runs here, as its supervisor is named. */
  readonly host: string;
  /** Where services listen, as far as it is known. */
  readonly serviceUrls: Readonly<Record<string, string>>;
}

/** As whom: a person who watches and steers, or whoever provisions. */
export type AccessRole = 'operator' | 'deployer';

/**
 * Finds out how the mesh is reached: NATS_URL comes first, then the mesh that runs on the data directory; undefined when there
 * is neither. What a directory holds is only ever sent to the mesh that the directory belongs to.
 */
export function accessOf(facts: AccessFacts, role: AccessRole): MeshAccess | undefined {
  const { natsUrls, address, secrets } = facts;
  const isHere = address !== undefined && (natsUrls === undefined || natsUrls.includes(address.natsUrl));
  const urls = natsUrls ?? address?.natsUrl.split(',');
  if (urls === undefined) {
    return undefined;
  }
  const { user, nkeySeed } = facts.credentials;
  const isEmbedded = isHere && address.isEmbedded && user === undefined && nkeySeed === undefined;
  return {
    natsUrls: urls,
    credentials:
      isEmbedded && secrets !== undefined
        ? { user: role, password: embeddedPassword(role, secrets) }
        : facts.credentials,
    token: facts.token ?? (isHere ? facts.operatorToken : undefined),
    host: isHere ? address.host : facts.host,
    serviceUrls: isHere ? address.services : {},
  };
}
