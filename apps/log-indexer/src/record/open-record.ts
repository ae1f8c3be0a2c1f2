import { mkdir, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { newerDataError } from '@sentinel-forge/contracts';
import { Cursors } from './cursors.js';
import { DirectoryLock } from './directory-lock.js';
import { headName, recordFormat, type SegmentFile, segmentsOf } from './format.js';
import { type Head, HeadFile, type OpenFile, readHead } from './head.js';
import { isUnstarted, planRecovery, type Recovery } from './recovery.js';
import { type SegmentScan, scanSegment } from './segment-scan.js';
import { SegmentedLog, syncDirectory } from './segmented-log.js';

/** A record that is ready to be written to. */
export interface OpenedRecord {
  readonly lock: DirectoryLock;
  readonly log: SegmentedLog;
  readonly recovery: Recovery;
  /** Undefined when the record is new, or nothing is left to tell. */
  readonly recordId: string | undefined;
  /** The events in the segment that is written to. */
  readonly events: number;
  readonly cursors: Cursors;
}

/**
 * Locks the record of a directory, finds out where it ends, and cuts what a crash has torn. Changes nothing else. Throws
 * `FORGE_DATA_NEWER`, before it changes anything, when a newer version wrote it.
 */
export async function openRecord(directory: string, openFile?: OpenFile): Promise<OpenedRecord> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lock = DirectoryLock.acquire(directory);
  try {
    return { lock, ...(await findEnd(directory, openFile)) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function findEnd(directory: string, openFile?: OpenFile): Promise<Omit<OpenedRecord, 'lock'>> {
  const head = await readHead(directory);
  if (head.kind === 'newer') {
    throw newerRecord(directory, headName, head.format);
  }
  const segments = segmentsOf(await readdir(directory));
  const scan = await scanLast(directory, segments, head);
  const recovery = planRecovery(scan, head);
  const log = new SegmentedLog(directory, await openHead(directory, recovery, openFile), recovery.end, openFile);
  const isResumed = scan !== undefined && recovery.keptBytes !== undefined;
  if (isResumed) {
    await log.resumeSegment(scan.file, recovery.keptBytes);
  }
  if (scan?.isSealed === true) {
    await log.endSegment();
  }
  return {
    log,
    recovery,
    events: isResumed && !scan.isSealed ? scan.events : 0,
    ...(await knownBefore(directory, segments, scan)),
  };
}

function newerRecord(directory: string, file: string, found: string): Error {
  return newerDataError({ what: join(directory, file), found, understood: recordFormat });
}

async function openHead(directory: string, { end }: Recovery, openFile?: OpenFile): Promise<HeadFile> {
  const head = await HeadFile.open(directory, openFile);
  if (end.entries === 0) {
    // From the first entry on there is a head: one that is missing later was removed.
    await head.write(end.entries, end.hash);
    await head.sync();
    await syncDirectory(directory);
  }
  return head;
}

// A crash can come between the making of a file and its first entry. Such a file goes; the one before it is the last.
async function scanLast(
  directory: string,
  segments: readonly SegmentFile[],
  head: Head,
): Promise<SegmentScan | undefined> {
  const asked = head.kind === 'read' ? head.entries - 1 : -1;
  for (const file of segments.toReversed()) {
    const scan = await scanSegment(directory, file, asked);
    if (scan.newerFormat !== undefined) {
      throw newerRecord(directory, file.name, scan.newerFormat);
    }
    if (!isUnstarted(scan, head)) {
      return scan;
    }
    await unlink(join(directory, file.name));
    await syncDirectory(directory);
  }
  return undefined;
}

// The header of a segment says what came before it. Where that is damaged, the segments before are read.
async function knownBefore(
  directory: string,
  segments: readonly SegmentFile[],
  last: SegmentScan | undefined,
): Promise<Pick<OpenedRecord, 'cursors' | 'recordId'>> {
  const cursors = last?.cursors ?? new Cursors();
  let header = last?.header;
  for (const file of segments.toReversed()) {
    if (last === undefined || header !== undefined) {
      break;
    }
    if (file.first < last.file.first) {
      const scan = await scanSegment(directory, file, -1);
      cursors.advanceAll(scan.cursors.toJSON());
      header = scan.header;
    }
  }
  return { cursors, recordId: header?.record };
}
