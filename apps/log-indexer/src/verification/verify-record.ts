import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, newerDataError } from '@sentinel-forge/contracts';
import { genesisHash, headName, recordFormat, type SegmentFile, segmentsOf } from '../record/format.js';
import { type Head, readHead } from '../record/head.js';
import { type WalkEnd, walkSegment } from './segment-walk.js';
import type { Finding, Verification, VerificationProgress } from './verification.js';

/** What may be asked of a verification. */
export interface VerifyOptions {
  /** Told every megabyte. */
  readonly onProgress?: (progress: VerificationProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Verifies a record: every byte of every segment, and the head. Needs nothing but the files, and works in bounded memory and
 * while the record is being written (it then verifies what was acknowledged when it began).
 *
 * What it finds: any change of any byte, entries edited, removed, moved or inserted, segments missing or cut, a tail that is
 * shorter than the head says. What a bare chain cannot show, to anybody: a tail that was cut by someone who set back the head
 * as well, and a record that someone rewrote from some entry on, all later hashes included; whoever can write the files can
 * do both. Against them stands only a hash that was kept elsewhere (each rotation prints one: `Rotation.hash`), and later
 * signed checkpoints and a witness.
 *
 * Of a record that says that a newer version wrote it nothing is said, neither that it is intact nor that it is not. Whoever
 * changed a head to say so gains that verification says nothing, and no more: it does not say that all is well.
 */
export async function verifyRecord(directory: string, options: VerifyOptions = {}): Promise<Verification> {
  try {
    // The head first: whatever is written later only adds to what it says.
    const head = await readHead(directory);
    if (head.kind === 'newer') {
      return newer(join(directory, headName), head.format);
    }
    const segments = segmentsOf(await readdir(directory));
    if (segments.length === 0 && head.kind === 'missing') {
      return { verdict: 'unreadable', path: directory, detail: 'there is no record in it' };
    }
    return await new RecordVerification(directory, head, segments, options).run();
  } catch (error) {
    if (options.signal?.aborted === true) {
      throw error;
    }
    const path = typeof error === 'object' && error !== null && 'path' in error ? String(error.path) : directory;
    return { verdict: 'unreadable', path, detail: messageOf(error) };
  }
}

function newer(path: string, format: string): Verification {
  const { message } = newerDataError({ what: path, found: format, understood: recordFormat });
  return { verdict: 'newer', path, format, detail: message };
}

class RecordVerification {
  readonly #findings: Finding[] = [];
  readonly #acknowledged: number;
  /** The segment before, and how it ended. */
  #before: { readonly file: SegmentFile; readonly end: WalkEnd } | undefined;
  #acknowledgedHash: string | undefined;
  #bytes = 0;
  #unfinishedBytes = 0;

  constructor(
    private readonly directory: string,
    private readonly head: Head,
    private readonly segments: readonly SegmentFile[],
    private readonly options: VerifyOptions,
  ) {
    this.#acknowledged = head.kind === 'read' ? head.entries : 0;
    this.#acknowledgedHash = this.#acknowledged === 0 ? genesisHash : undefined;
  }

  async run(): Promise<Verification> {
    const totalBytes = await this.#totalBytes();
    for (const file of this.segments) {
      if (this.#mayFollow(file)) {
        const end = await this.#walk(file, totalBytes);
        if (end.newerFormat !== undefined && this.#isBelieved(end)) {
          return newer(join(this.directory, file.name), end.newerFormat);
        }
        this.#note(end.finding);
        this.#acknowledgedHash ??= end.acknowledgedHash;
        this.#unfinishedBytes = end.unfinishedBytes;
        this.#bytes += end.bytes;
        this.#before = { file, end };
      }
    }
    this.#checkEnd();
    return this.#verdict();
  }

  // A first entry that neither fits the chain nor agrees with a head of our format was changed.
  #isBelieved({ finding }: WalkEnd): boolean {
    return finding === undefined || this.head.kind !== 'read';
  }

  async #totalBytes(): Promise<number> {
    const sizes = await Promise.all(this.segments.map(({ name }) => stat(join(this.directory, name))));
    return sizes.reduce((total, { size }) => total + size, 0);
  }

  /** Whether a segment belongs behind the one before it. One that leaves a gap does, after the gap is noted. */
  #mayFollow(file: SegmentFile): boolean {
    const before = this.#before;
    const next = before?.end.next ?? 0;
    if (file.first < next) {
      const detail = `the segment begins with entry ${file.first}, though another holds the entries up to ${next - 1}`;
      this.#note({ file: file.name, entry: file.first, offset: 0, reason: 'segment-unexpected', detail });
      return false;
    }
    // What a bad segment held behind its first bad entry nobody knows.
    if (file.first > next && before?.end.finding === undefined) {
      const missing = `the entries ${next} to ${file.first - 1} are missing`;
      if (before === undefined || before.end.isSealed) {
        this.#note({
          file: file.name,
          entry: next,
          offset: 0,
          reason: 'segment-missing',
          detail: `${missing} before this segment`,
        });
      } else {
        const offset = before.end.bytes;
        this.#note({ file: before.file.name, entry: next, offset, reason: 'segment-truncated', detail: missing });
      }
    }
    return true;
  }

  async #walk(file: SegmentFile, totalBytes: number): Promise<WalkEnd> {
    const { next, hash, finding } = this.#before?.end ?? { next: 0, hash: genesisHash, finding: undefined };
    const isUnbroken = finding === undefined && next === file.first;
    const walk = (): Promise<WalkEnd> => {
      let walked = this.#bytes;
      return walkSegment(this.directory, file, {
        previous: isUnbroken ? hash : undefined,
        acknowledged: this.#acknowledged,
        isLast: file === this.segments.at(-1),
        signal: this.options.signal,
        onRead: (entries, bytes) => {
          walked += bytes;
          this.options.onProgress?.({ entries, bytes: walked, totalBytes: Math.max(totalBytes, walked) });
        },
      });
    };
    const end = await walk();
    // Behind what was acknowledged a writer may just have taken back a write that did not fit on the disk.
    const mayBeInMotion = end.finding !== undefined && end.finding.entry >= this.#acknowledged;
    return mayBeInMotion ? walk() : end;
  }

  /** Compares the end of the record with the head. */
  #checkEnd(): void {
    const { head } = this;
    const end = this.#before?.end;
    const entries = end?.next ?? 0;
    const file = this.#before?.file.name ?? headName;
    if (head.kind !== 'read') {
      const detail = head.kind === 'missing' ? 'the head is missing' : 'the head is not what was written';
      this.#note({ file: headName, entry: Math.max(entries - 1, 0), offset: 0, reason: 'head', detail });
    } else if (entries < head.entries && end?.finding === undefined) {
      const detail = `the entries ${entries} to ${head.entries - 1} are missing, though they were acknowledged`;
      this.#note({ file, entry: entries, offset: end?.bytes ?? 0, reason: 'tail-cut', detail, expected: head.hash });
    } else if (this.#acknowledgedHash !== undefined && this.#acknowledgedHash !== head.hash) {
      const detail = `the head has another hash for entry ${head.entries - 1} than the record`;
      const hashes = { expected: head.hash, actual: this.#acknowledgedHash };
      this.#note({
        file: headName,
        entry: Math.max(head.entries - 1, 0),
        offset: 0,
        reason: 'head',
        detail,
        ...hashes,
      });
    }
  }

  #note(finding: Finding | undefined): void {
    if (finding !== undefined) {
      this.#findings.push(finding);
    }
  }

  #verdict(): Verification {
    const entries = this.#before?.end.next ?? 0;
    const counts = { entries, segments: this.segments.length, bytes: this.#bytes };
    const [first, ...others] = this.#findings.toSorted((a, b) => a.entry - b.entry);
    if (first !== undefined) {
      return { verdict: 'tampered', first, findings: [first, ...others], ...counts };
    }
    const hash = this.#before?.end.hash ?? genesisHash;
    return { verdict: 'intact', hash, unfinishedBytes: this.#unfinishedBytes, ...counts };
  }
}
