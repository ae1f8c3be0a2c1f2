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
 *
 * The head and the first entry of each segment say the format. A version that writes another one (another kind of entry is
 * another format) begins a new segment, and has the head say it from then on: so an older version sees at the head that it
 * does not understand what comes, and leaves all of it alone. No version ever rewrites a segment of an older format.
 */
export const recordFormat = 'forge-record/1';

// Few digits: a head that lost the space behind them is damaged, not of the distant future.
const formatPattern = /^(?:\{"n":\d{1,16},"kind":"segment","format":")?(forge-record\/(\d{1,4}))[" \n]/;
const recordVersion = Number(recordFormat.split('/')[1]);

/** The format that the text of a head, or the first entry of a segment, says; undefined unless it is newer than ours. */
export function newerFormatIn(text: string): string | undefined {
  const [, format, version] = formatPattern.exec(text) ?? [];
  return Number(version) > recordVersion ? format : undefined;
}

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
