import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Jest's `describe`, as far as it is used here. */
interface Suite {
  (title: string, body: () => void): void;
  readonly skip: Suite;
}

declare const describe: Suite;

const mebibyte = 1024 * 1024;

/** A file system of its own with little room, that can be filled to the last byte and emptied again. Only root may have one. */
export class SmallDisk implements Disposable {
  private constructor(readonly path: string) {}

  static mount(mebibytes: number): SmallDisk {
    const path = mkdtempSync(join(tmpdir(), 'forge-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0700`, 'tmpfs', path], { stdio: 'pipe' });
    return new SmallDisk(path);
  }

  get #filling(): string {
    return join(this.path, 'filling');
  }

  /** Takes all the room there is. */
  async fill(): Promise<void> {
    const file = await open(this.#filling, 'a');
    try {
      for (let bytes = mebibyte; bytes >= 1; bytes = Math.floor(bytes / 2)) {
        await writeUntilFull(file, Buffer.alloc(bytes));
      }
    } finally {
      await file.close();
    }
  }

  /** Gives the room back. */
  empty(): void {
    rmSync(this.#filling, { force: true });
  }

  /** Removes it; whoever used it must have ended. */
  [Symbol.dispose](): void {
    execFileSync('umount', [this.path], { stdio: 'pipe' });
    rmdirSync(this.path);
  }
}

/** `describe` where a small disk can be had, otherwise `describe.skip`, saying why; with REQUIRE_ALL=1 it throws instead. */
export function requireSmallDisk(): Suite {
  try {
    SmallDisk.mount(1)[Symbol.dispose]();
    return describe;
  } catch (error) {
    const reason = `these tests need a small disk of their own, which takes root and tmpfs: ${String(error)}`;
    if (process.env.REQUIRE_ALL === '1') {
      throw new Error(reason, { cause: error });
    }
    process.stderr.write(`skipped: ${reason}\n`);
    return describe.skip;
  }
}

async function writeUntilFull(file: Awaited<ReturnType<typeof open>>, bytes: Buffer): Promise<void> {
  try {
    for (;;) {
      await file.write(bytes);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') {
      throw error;
    }
  }
}
