import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EvidenceStore, KeptEvidence } from './evidence.port.js';
import { type EvidenceFile, type EvidenceRetention, selectExpired } from './retention.service.js';

const suffix = '.json';

/**
 * Evidence in a folder: `<folder>/<what it is about>/<label>.json`, readable by its owner only. A piece is there as a whole
 * or not at all, also when the process, or the machine, dies while it is written.
 */
export class EvidenceFolder implements EvidenceStore {
  constructor(private readonly folder: string) {}

  async labelsOf(about: string): Promise<ReadonlySet<string>> {
    const names = await namesIn(join(this.folder, about));
    return new Set(names.filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length)));
  }

  async keep(evidence: KeptEvidence): Promise<void> {
    const folder = join(this.folder, evidence.about);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, `${evidence.label}${suffix}`);
    const names = await namesIn(folder);
    if (names.includes(`${evidence.label}${suffix}`)) {
      return;
    }
    const temporary = `${path}.${process.pid}.part`;
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(evidence, undefined, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  }

  /** Removes what is too old or too much, and tells how many pieces that were. */
  async prune(retention: EvidenceRetention, nowMs: number): Promise<number> {
    const expired = selectExpired(await this.#files(), retention, nowMs);
    for (const { path } of expired) {
      await rm(path, { force: true });
      if ((await namesIn(dirname(path))).length === 0) {
        await rm(dirname(path), { recursive: true, force: true });
      }
    }
    return expired.length;
  }

  async #files(): Promise<readonly EvidenceFile[]> {
    const files: EvidenceFile[] = [];
    for (const about of await namesIn(this.folder)) {
      for (const name of await namesIn(join(this.folder, about))) {
        const path = join(this.folder, about, name);
        const { size, mtimeMs } = await stat(path);
        files.push({ path, bytes: size, takenAtMs: mtimeMs });
      }
    }
    return files;
  }
}

/** The names in a folder; none where there is no such folder. */
async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ENOTDIR') {
      return [];
    }
    throw error;
  }
}
