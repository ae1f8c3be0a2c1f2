import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ForgeError, newerDataError, newerVersionIn } from '@sentinel-forge/contracts';
import { isAlive, isRunning, markOf, pidIn } from './process-mark.js';

/** The secrets of an embedded mesh. Made once, kept in one file that only its owner can read. */
export interface EmbeddedSecrets {
  /** Signs tokens. */
  readonly jwtSecret: string;
  /** Encrypts what JetStream keeps on disk. */
  readonly jetstreamKey: string;
  /** What the services authenticate with at the nats-server. */
  readonly meshPassword: string;
  /** What `forge` authenticates with. */
  readonly operatorPassword: string;
}

/** Where a running embedded mesh is found: what `forge` needs to reach it. */
export interface MeshAddress {
  readonly natsUrl: string;
  /** Whether the nats-server is the mesh's own child, with the users that the secrets here belong to. */
  readonly isEmbedded: boolean;
  readonly pid: number;
  readonly host: string;
  readonly services: Readonly<Record<string, string>>;
}

/** The version of the JSON files in the directory. What says none is of the first. */
const version = 1;

const names = { secrets: 'secrets.json', address: 'mesh.json', token: 'operator.token', lock: 'lock' } as const;

/** The directory that an embedded mesh keeps everything in, and what lies where. */
export class DataDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  get natsDirectory(): string {
    return join(this.path, 'nats');
  }

  get tokenFile(): string {
    return join(this.path, names.token);
  }

  /** Makes the directory, for its owner alone. */
  create(): void {
    mkdirSync(this.natsDirectory, { recursive: true, mode: 0o700 });
    chmodSync(this.path, 0o700);
  }

  /**
   * Makes this process the only one that runs a mesh on the directory.
   * @returns what ends that
   * @throws ForgeError when another one runs
   */
  lock(): () => void {
    const file = join(this.path, names.lock);
    // Made whole and linked into place: nobody ever reads a lock that does not say yet whose it is.
    const own = `${file}.${process.pid}`;
    writeFileSync(own, markOf(process.pid), { mode: 0o600 });
    try {
      for (let attempt = 0; ; attempt += 1) {
        try {
          linkSync(own, file);
          return () => rmSync(file, { force: true });
        } catch (error) {
          const owner = readText(file) ?? '';
          if (isAlive(owner) || attempt > 3) {
            throw new ForgeError(
              'FORGE_CONFIG_INVALID',
              `A mesh runs on ${this.path} already (process ${pidIn(owner)}): stop it, or set FORGE_DATA_DIR to another directory`,
              { cause: error },
            );
          }
          rmSync(file, { force: true }); // its owner was killed
        }
      }
    } finally {
      rmSync(own, { force: true });
    }
  }

  /** The secrets; made when there are none yet. */
  secrets(): EmbeddedSecrets {
    const known = this.#readJson<EmbeddedSecrets>(names.secrets);
    if (known !== undefined) {
      return known;
    }
    const secret = (): string => randomBytes(32).toString('base64url');
    const made = { jwtSecret: secret(), jetstreamKey: secret(), meshPassword: secret(), operatorPassword: secret() };
    this.#writePrivate(names.secrets, JSON.stringify({ version, ...made }, null, 2));
    return made;
  }

  /** The secrets, if a mesh was ever started here. */
  findSecrets(): EmbeddedSecrets | undefined {
    return this.#readJson(names.secrets);
  }

  writeToken(token: string): void {
    this.#writePrivate(names.token, `${token}\n`);
  }

  readToken(): string | undefined {
    return readText(this.tokenFile)?.trim();
  }

  writeAddress(address: MeshAddress): void {
    this.#writePrivate(names.address, JSON.stringify({ version, ...address }, null, 2));
  }

  removeAddress(): void {
    rmSync(join(this.path, names.address), { force: true });
  }

  /** Where the mesh runs that was started here, unless it has ended. */
  findAddress(): MeshAddress | undefined {
    const address = this.#readJson<MeshAddress>(names.address);
    return address !== undefined && isRunning(address.pid) ? address : undefined;
  }

  #readJson<T>(name: string): T | undefined {
    const file = join(this.path, name);
    const text = readText(file);
    const value = text === undefined ? undefined : parseJson(file, text);
    const found = newerVersionIn(value, version);
    if (found !== undefined) {
      throw newerDataError({ what: file, found, understood: version });
    }
    return value as T | undefined;
  }

  // Written beside and moved into place: a crash leaves the old file or the new one, never half of one.
  #writePrivate(name: string, text: string): void {
    const file = join(this.path, name);
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ForgeError('FORGE_CONFIG_INVALID', `${file} is not JSON: restore it, or remove it`, { cause: error });
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw new ForgeError('FORGE_CONFIG_INVALID', `${file} cannot be read: ${String(error)}`, { cause: error });
  }
}
