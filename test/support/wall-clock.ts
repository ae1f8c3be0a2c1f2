import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const libraryRoots = ['/usr/lib', '/usr/local/lib'];

/** The wall clock of some processes, which can be set while they run. Their monotonic clock goes on, as a kernel has it. */
export class WallClock implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'forge-clock-'));

  constructor(private readonly library: string) {
    this.setTo(0);
  }

  /** What a process needs in its environment to go by this clock. */
  get environment(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: this.library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** Sets it ahead of the time it is, or (negative) behind. */
  setTo(offsetSeconds: number): void {
    writeFileSync(this.#file, `${offsetSeconds < 0 ? '' : '+'}${offsetSeconds}\n`);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #file(): string {
    return join(this.#folder, 'offset');
  }
}

/** The library that stands between a process and its clock (Debian's package `libfaketime`); undefined where it is not. */
export function findFaketime(): string | undefined {
  return libraryRoots
    .flatMap((root) => [root, ...foldersIn(root)])
    .map((folder) => join(folder, 'faketime', 'libfaketimeMT.so.1'))
    .find((file) => existsSync(file));
}

function foldersIn(root: string): readonly string[] {
  return existsSync(root)
    ? readdirSync(root, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => join(root, name))
    : [];
}
