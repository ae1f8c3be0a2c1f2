import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ForgeError } from '@sentinel-forge/contracts';
import { lockName } from './format.js';

/**
 * Sees to it that one process at a time writes a record. The lock is one of the kernel's, taken through SQLite because Node
 * has no call for it: it ends with the process, however that ends, so there is no stale lock to judge by process ids (which
 * mean nothing between containers). It holds between everything that sees the same file system of one kernel.
 */
export class DirectoryLock {
  private constructor(private readonly database: DatabaseSync) {}

  /** Takes the lock, or throws `FORGE_RECORD_LOCKED` at once. */
  static acquire(directory: string): DirectoryLock {
    const database = new DatabaseSync(join(directory, lockName));
    try {
      database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      throw new ForgeError('FORGE_RECORD_LOCKED', `another process writes the record in ${directory}`, {
        cause: error,
      });
    }
    return new DirectoryLock(database);
  }

  release(): void {
    this.database.close();
  }
}
