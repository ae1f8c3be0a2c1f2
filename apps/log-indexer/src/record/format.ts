/**
 * The format of the record on disk. It is meant to be checked by people who trust neither this program nor the machine it
 * runs on, so it is plain: a directory with
 *
 *     segment-0000000000000000.log    entries from number 0 on, oldest first
 *     segment-0000000000010002.log    … named after the number of its first entry
 *     head                            how many entries were acknowledged, and the hash of the last
 *     writer.lock                     empty; locked by the one process that writes
 *
 * A line of a segment is one entry: `h_n`, a space, the entry, a line feed. The entry is one line of JSON in UTF-8, and
 * its bytes are the leaf: they are never written anew. `h_n = SHA-256(h_(n-1) ‖ leaf_n)`, the hashes as 32 raw bytes,
 * `h_(-1)` = 32 zero bytes. Entries are numbered from 0 without gaps (also over segments) and say their own number first,
 * so that `sha256sum` and ten lines of shell can verify a record, and an RFC 6962 tree can be built over the same leaves.
 *
 * Everything is an entry, also what belongs to the record itself: a segment begins with an entry of kind `segment` and ends,
 * when it is full, with one of kind `seal`. So the chain covers every byte of every segment, and the head covers the chain.
 */
export const recordFormat = 'forge-record/1';

/** The most bytes of one entry: what an entry bundle of the C2SP tile format can hold. */
export const mostLeafBytes = 65_535;
/** What stands before the entry in its line: the hash in hexadecimal digits and a space. */
export const linePrefixBytes = 65;
/** The most bytes of a line, line feed included. */
export const mostLineBytes = linePrefixBytes + mostLeafBytes + 1;
/** `h_(-1)`, in hexadecimal digits. */
export const genesisHash = '0'.repeat(64);

/** The name of the file that says how far the record goes. */
export const headName = 'head';
/** The name of the file that the writer locks. */
export const lockName = 'writer.lock';

const segmentPattern = /^segment-(\d{16})\.log$/;

/** The name of the segment that begins with this entry. */
export function segmentName(first: number): string {
  return `segment-${String(first).padStart(16, '0')}.log`;
}

/** The segments among the files of a directory, in the order of the record. */
export function segmentsOf(fileNames: readonly string[]): readonly SegmentFile[] {
  return fileNames
    .flatMap((name) => {
      const digits = segmentPattern.exec(name)?.[1];
      return digits === undefined ? [] : [{ name, first: Number(digits) }];
    })
    .toSorted((a, b) => a.first - b.first);
}

/** One segment by its name. */
export interface SegmentFile {
  readonly name: string;
  /** The number of its first entry. */
  readonly first: number;
}
