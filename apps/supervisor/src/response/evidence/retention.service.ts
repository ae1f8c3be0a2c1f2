/** One piece of evidence on disk. */
export interface EvidenceFile {
  readonly path: string;
  readonly bytes: number;
  readonly takenAtMs: number;
}

/** How much evidence is kept, and for how long. */
export interface EvidenceRetention {
  readonly maxAgeMs: number;
  readonly maxBytes: number;
}

/** Evidence of a month, and at most 1 GiB of it. */
export const defaultEvidenceRetention: EvidenceRetention = {
  maxAgeMs: 30 * 24 * 60 * 60 * 1000,
  maxBytes: 1024 * 1024 * 1024,
};

/** What is to go: what is too old, then the oldest of what is too much. */
export function selectExpired(
  files: readonly EvidenceFile[],
  { maxAgeMs, maxBytes }: EvidenceRetention,
  nowMs: number,
): readonly EvidenceFile[] {
  const newestFirst = [...files].sort((a, b) => b.takenAtMs - a.takenAtMs);
  let keptBytes = 0;
  return newestFirst.filter((file) => {
    keptBytes += file.bytes;
    return nowMs - file.takenAtMs > maxAgeMs || keptBytes > maxBytes;
  });
}
