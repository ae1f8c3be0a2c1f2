import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '@sentinel-forge/contracts';
import type { EvidenceStore, KeptEvidence } from './evidence.port.js';
import { type EvidenceFile, type EvidenceRetention, selectExpired } from './retention.service.js';

const suffix = '.json';
/** What a piece says of its own form. Nothing of ours reads it again; people and their tools do. */
const version = 1;
/** About as much as a piece of evidence. */
const probeBytes = 64 * 1024;

/**
 * Evidence in a folder: `<folder>/<what it is about>/<label>.json`, readable by its owner only. A piece is there as a whole
 * or not at all, also when the process, or the machine, dies while it is written.
 */
export class EvidenceFolder implements EvidenceStore {
  #problem: string | undefined;

  constructor(private readonly folder: string) {}

  /** Why the last piece could not be kept; undefined once one can. */
  get problem(): string | undefined {
    return this.#problem;
  }

  async labelsOf(about: string): Promise<ReadonlySet<string>> {
    const names = await namesIn(join(this.folder, about));
    return new Set(names.filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length)));
  }

  async keep(evidence: KeptEvidence): Promise<void> {
    try {
      await this.#keep(evidence);
      this.#problem = undefined;
    } catch (error) {
      this.#problem = messageOf(error);
      throw error;
    }
  }

  /** Where the last piece could not be kept: whether one could now. */
  async probe(): Promise<void> {
    if (this.#problem === undefined) {
      return;
    }
    const path = join(this.folder, `.probe.${process.pid}.part`);
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      await writeDurably(path, 'x'.repeat(probeBytes));
      this.#problem = undefined;
    } catch (error) {
      this.#problem = messageOf(error);
    } finally {
      await rm(path, { force: true });
    }
  }

  async #keep(evidence: KeptEvidence): Promise<void> {
    const folder = join(this.folder, evidence.about);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, `${evidence.label}${suffix}`);
    const names = await namesIn(folder);
    if (names.includes(`${evidence.label}${suffix}`)) {
      return;
    }
    const temporary = `${path}.${process.pid}.part`;
    try {
      await writeDurably(temporary, `${JSON.stringify({ version, ...evidence }, undefined, 2)}\n`);
      await rename(temporary, path);
    } catch (error) {
      // What is left of it would only fill the disk further.
      await rm(temporary, { force: true });
      throw error;
    }
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

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
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
