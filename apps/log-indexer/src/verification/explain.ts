import { createHash } from 'node:crypto';
import { linePrefixBytes } from '../record/format.js';
import type { Finding } from './verification.js';

/** Why a line is bad. */
export type Explanation = Pick<Finding, 'reason' | 'detail' | 'expected' | 'actual'>;

/**
 * Explains why the line with which `bytes` begin is not the entry that belongs there, from what it says and from the line
 * behind it. Only for people: that the line is bad is certain before.
 *
 * @param bytes the line and what follows it
 * @param entry the number of the entry that belongs there
 * @param previous the hash of the entry before it, where that is known
 */
export function explainBadLine(
  bytes: Buffer,
  entry: number,
  previous: string | undefined,
  isLastSegment: boolean,
): Explanation {
  const [line, next] = splitLines(bytes);
  if (line === undefined) {
    return isLastSegment
      ? { reason: 'tail-cut', detail: `entry ${entry} was acknowledged, and is not whole` }
      : { reason: 'segment-truncated', detail: `the segment ends within entry ${entry}` };
  }
  if (line.number === undefined) {
    return { reason: 'edited', detail: `the line of entry ${entry} is no longer a hash, a space and an entry` };
  }
  const hashes = previous === undefined ? {} : { expected: line.hash, actual: chain(previous, line.leaf) };
  if (line.number === entry || next?.number === entry + 1) {
    return { reason: 'edited', detail: detailOfEdit(entry, line, next, hashes.actual), ...hashes };
  }
  if (line.number > entry) {
    return next?.number === entry
      ? { reason: 'moved', detail: `entry ${entry} stands behind entry ${line.number}`, ...hashes }
      : {
          reason: 'removed',
          detail: `${entries(entry, line.number - 1)} missing: entry ${line.number} stands there`,
          ...hashes,
        };
  }
  return {
    reason: 'inserted',
    detail: `an entry that calls itself ${line.number} stands where entry ${entry} belongs`,
    ...hashes,
  };
}

interface SplitLine {
  readonly hash: string;
  readonly leaf: Buffer;
  readonly number: number | undefined;
}

function splitLines(bytes: Buffer): readonly (SplitLine | undefined)[] {
  const lines: SplitLine[] = [];
  let at = 0;
  for (let feed = bytes.indexOf('\n'); feed !== -1 && lines.length < 2; feed = bytes.indexOf('\n', at)) {
    const line = bytes.subarray(at, feed);
    const [, hash, digits] = /^([0-9a-f]{64}) \{"n":(\d{1,16}),"kind":"/.exec(line.toString('latin1', 0, 128)) ?? [];
    lines.push({
      hash: hash ?? '',
      leaf: line.subarray(linePrefixBytes),
      number: digits === undefined ? undefined : Number(digits),
    });
    at = feed + 1;
  }
  return lines;
}

// The line behind it was made from the true hash, so it tells which of the two was changed.
function detailOfEdit(entry: number, line: SplitLine, next: SplitLine | undefined, actual: string | undefined): string {
  if (actual === line.hash) {
    return `entry ${entry} fits the chain, but is not what belongs there`;
  }
  if (next === undefined || actual === undefined) {
    return `entry ${entry} or its hash was changed`;
  }
  return chain(actual, next.leaf) === next.hash
    ? `the hash stored with entry ${entry} was changed; the entry itself is as it was written`
    : `the content of entry ${entry} was changed`;
}

function entries(from: number, to: number): string {
  return from === to ? `entry ${from} is` : `the entries ${from} to ${to} are`;
}

function chain(previous: string, leaf: Buffer): string {
  return createHash('sha256').update(Buffer.from(previous, 'hex')).update(leaf).digest('hex');
}
