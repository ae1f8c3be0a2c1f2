import type { Damage } from './entry.js';
import { genesisHash, headName } from './format.js';
import type { Head } from './head.js';
import type { SegmentScan } from './segment-scan.js';
import type { LogEnd } from './segmented-log.js';

/** How to go on with a record that was found on disk. */
export interface Recovery {
  /** Where the record goes on. */
  readonly end: LogEnd;
  /** The bytes that stay of the last segment; undefined when it is left alone and the record goes on in a new one. */
  readonly keptBytes: number | undefined;
  /** The bytes that go: a crash tore them before they were acknowledged. */
  readonly cutBytes: number;
  /** What no crash explains. The file stays as it is, as evidence. */
  readonly damage: Damage | undefined;
}

/**
 * Decides what the last segment (if there is one) and the head mean together. What was acknowledged is never cut: only bytes
 * behind the last acknowledged entry that look like a write that did not reach its end count as torn; all else is damage.
 */
export function planRecovery(scan: SegmentScan | undefined, head: Head): Recovery {
  const acknowledged = head.kind === 'read' ? head.entries : 0;
  if (scan === undefined) {
    return planWithoutSegments(head);
  }
  const end = scan.file.first + scan.entries;
  if (scan.bad?.isTorn === false) {
    return setAside(scan, head, 'it is not what was written');
  }
  if (end < acknowledged || scan.hash === undefined) {
    return setAside(scan, head, `the entries ${end} to ${acknowledged - 1} are missing, though they were acknowledged`);
  }
  return {
    end: { entries: end, hash: scan.hash },
    keptBytes: scan.goodBytes,
    cutBytes: scan.fileBytes - scan.goodBytes,
    damage: headDamageOf(scan, head),
  };
}

/** Whether a segment was begun but nothing in it was acknowledged, not even its first entry: it may begin anew. */
export function isUnstarted(scan: SegmentScan, head: Head): boolean {
  const isEmpty = scan.entries === 0 && (scan.fileBytes === 0 || scan.bad?.isTorn === true);
  return isEmpty && (head.kind !== 'read' || head.entries <= scan.file.first);
}

function planWithoutSegments(head: Head): Recovery {
  const damage = (detail: string): Damage => ({ file: headName, entry: 0, offset: 0, detail });
  if (head.kind === 'read' && head.entries > 0) {
    const { entries, hash } = head;
    const detail = `the entries 0 to ${entries - 1} are missing, though they were acknowledged`;
    return { end: { entries, hash }, keptBytes: undefined, cutBytes: 0, damage: damage(detail) };
  }
  return {
    end: { entries: 0, hash: genesisHash },
    keptBytes: undefined,
    cutBytes: 0,
    damage: head.kind === 'malformed' ? damage('the head is not what was written, and there is no segment') : undefined,
  };
}

// The new segment must have a number that no entry has had, as far as anyone can tell, and so another name than the old one.
function setAside(scan: SegmentScan, head: Head, detail: string): Recovery {
  const { name, first } = scan.file;
  const end = first + scan.entries;
  const claimed = Math.max(end + (scan.bad?.lines ?? 0), first + 1);
  const isHeadBeyond = head.kind === 'read' && head.entries >= claimed;
  return {
    end: isHeadBeyond
      ? { entries: head.entries, hash: head.hash }
      : { entries: claimed, hash: scan.bad?.lastHash ?? scan.hash ?? genesisHash },
    keptBytes: undefined,
    cutBytes: 0,
    damage: { file: name, entry: end, offset: scan.bad?.offset ?? scan.fileBytes, detail },
  };
}

function headDamageOf(scan: SegmentScan, head: Head): Damage | undefined {
  const damage = (entry: number, detail: string): Damage => ({ file: headName, entry, offset: 0, detail });
  if (head.kind !== 'read') {
    const detail = head.kind === 'missing' ? 'the head is missing' : 'the head is not what was written';
    return damage(scan.file.first + scan.entries, detail);
  }
  // An older head than the segment is what a loss of power leaves; verification checks it against the whole record.
  const known = head.entries === scan.file.first ? scan.header?.previous : scan.askedHash;
  return known === undefined || known === head.hash
    ? undefined
    : damage(Math.max(head.entries - 1, 0), 'the head has another hash than the record');
}
