import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { ForgeError } from '@sentinel-forge/contracts';
import { accountsConfig, createNkey, type MeshUser, meshUsers, publicKeyOf } from '@sentinel-forge/messaging';
import type { CredentialsDirectory } from './credentials-directory.js';

/** What was done about one user, or one key. */
export interface CredentialStep {
  readonly name: string;
  readonly action: 'made' | 'kept' | 'rotated' | 'finished';
}

const files = {
  seed: 'nats.seed',
  /** The public key that is let in beside the current one while a rotation is under way. */
  retiring: 'retiring',
  publicKey: 'jwt-public.pem',
  privateKey: 'jwt-private.pem',
  accounts: 'accounts.conf',
  jetstream: 'jetstream.conf',
} as const;
const server = 'nats';
/** What `rotate` calls the pair that tokens are signed and verified with. */
const tokenKeys = 'tokens';

/**
 * Makes the credentials of every user that has none, the keys of tokens, and what the nats-server reads: whom it lets in, and
 * the key that it encrypts its store with. What is there stays; the server's files follow the registry and the hosts.
 */
export function makeCredentials(directory: CredentialsDirectory, hosts: readonly string[]): readonly CredentialStep[] {
  const users = meshUsers(hosts);
  const steps = users.map(({ name }): CredentialStep => {
    const isThere = directory.read(name, files.seed) !== undefined;
    return { name, action: isThere ? 'kept' : writeSeed(directory, name, 'made') };
  });
  const hadKeys = directory.read('operator', files.privateKey) !== undefined;
  const privateKey = directory.read('operator', files.privateKey) ?? newPrivateKey(directory);
  sharePublicKey(directory, users, privateKey);
  if (directory.read(server, files.jetstream) === undefined) {
    directory.write(server, files.jetstream, `cipher: "aes"\nkey: "${randomBytes(32).toString('base64url')}"\n`);
  }
  writeAccounts(directory, hosts);
  return [...steps, { name: tokenKeys, action: hadKeys ? 'kept' : 'made' }];
}

/**
 * Gives one user a new seed. Until {@link finishRotation} the server lets in the old one too, so nothing that runs is cut off.
 * `tokens`: a new pair at once; tokens that were signed before are refused by every service that has read the new key.
 *
 * @throws ForgeError `FORGE_CONFIG_INVALID` when there is no such user, or its last rotation is not finished
 */
export function rotateCredentials(
  directory: CredentialsDirectory,
  hosts: readonly string[],
  name: string,
): CredentialStep {
  if (name === tokenKeys) {
    sharePublicKey(directory, meshUsers(hosts), newPrivateKey(directory));
    return { name, action: 'rotated' };
  }
  const seed = seedOf(directory, hosts, name);
  if (directory.read(name, files.retiring) !== undefined) {
    throw new ForgeError(
      'FORGE_CONFIG_INVALID',
      `The last rotation of ${name} is not finished: restart it with its new seed, then run this with --finish`,
    );
  }
  directory.write(name, files.retiring, publicKeyOf(seed));
  writeSeed(directory, name, 'rotated');
  writeAccounts(directory, hosts);
  return { name, action: 'rotated' };
}

/** Has the server forget the old key of a user. Throws `FORGE_CONFIG_INVALID` when no rotation is under way. */
export function finishRotation(
  directory: CredentialsDirectory,
  hosts: readonly string[],
  name: string,
): CredentialStep {
  seedOf(directory, hosts, name);
  if (directory.read(name, files.retiring) === undefined) {
    throw new ForgeError('FORGE_CONFIG_INVALID', `No rotation of ${name} is under way: begin one without --finish`);
  }
  directory.remove(name, files.retiring);
  writeAccounts(directory, hosts);
  return { name, action: 'finished' };
}

function seedOf(directory: CredentialsDirectory, hosts: readonly string[], name: string): string {
  const names = meshUsers(hosts).map((user) => user.name);
  const seed = names.includes(name) ? directory.read(name, files.seed) : undefined;
  if (seed === undefined) {
    const reason = names.includes(name)
      ? `${name} has no credentials in ${directory.path} yet: run \`forge credentials make\``
      : `"${name}" is no user; there are ${[...names, tokenKeys].join(', ')}`;
    throw new ForgeError('FORGE_CONFIG_INVALID', reason);
  }
  return seed;
}

function writeSeed<const Action extends CredentialStep['action']>(
  directory: CredentialsDirectory,
  name: string,
  action: Action,
): Action {
  directory.write(name, files.seed, `${createNkey().seed}\n`);
  return action;
}

function newPrivateKey(directory: CredentialsDirectory): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  directory.write('operator', files.privateKey, pem);
  return pem;
}

function sharePublicKey(directory: CredentialsDirectory, users: readonly MeshUser[], privateKey: string): void {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  for (const { name } of users) {
    directory.write(name, files.publicKey, publicKey);
  }
}

function writeAccounts(directory: CredentialsDirectory, hosts: readonly string[]): void {
  const identities = ({ name }: MeshUser): readonly string[] => {
    const keys = [
      publicKeyOf(directory.read(name, files.seed) ?? ''),
      directory.read(name, files.retiring) ?? [],
    ].flat();
    return keys.map((key) => `nkey: ${key}`);
  };
  const text = accountsConfig({ hosts, identities, anonymous: 'none' });
  directory.write(server, files.accounts, `# Written by \`forge credentials\`; changes are lost.\n${text}`);
}
