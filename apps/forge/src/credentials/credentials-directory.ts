import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ForgeError, messageOf } from '@sentinel-forge/contracts';

/** Read by its owner alone, and written by nobody. */
const secretMode = 0o400;

/**
 * A directory of credentials: a folder for each user, which holds what that one needs and nobody else's, and `nats` for what
 * the server needs.
 */
export class CredentialsDirectory {
  constructor(readonly path: string) {}

  /** The text of a file, or undefined when it is not there. */
  read(user: string, name: string): string | undefined {
    const file = join(this.path, user, name);
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        return undefined;
      }
      throw unusable(file, 'read', error);
    }
  }

  /**
   * Writes a file unless it says the same already; beside it and into place, so that a reader finds the old or the new one.
   * @returns whether anything changed
   */
  write(user: string, name: string, text: string): boolean {
    if (this.read(user, name) === text) {
      return false;
    }
    const folder = join(this.path, user);
    const file = join(folder, name);
    const beside = `${file}.${randomBytes(4).toString('hex')}`;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(beside, text, { mode: secretMode });
      renameSync(beside, file);
      return true;
    } catch (error) {
      rmSync(beside, { force: true });
      throw unusable(file, 'written', error);
    }
  }

  /** Removes a file, if it is there. */
  remove(user: string, name: string): void {
    rmSync(join(this.path, user, name), { force: true });
  }
}

function unusable(file: string, what: 'read' | 'written', cause: unknown): ForgeError {
  return new ForgeError(
    'FORGE_CONFIG_INVALID',
    `${file} cannot be ${what} (${messageOf(cause)}): run this as the user whom the directory belongs to`,
    { cause },
  );
}
