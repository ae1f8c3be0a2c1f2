/** Why an entry is not as it was written. */
export type FindingReason =
  /** Bytes of it, or of the hash that stands before it, are others. */
  | 'edited'
  /** It is not where it belongs; a later one stands there. */
  | 'removed'
  /** Something stands there that does not belong there. */
  | 'inserted'
  /** It stands elsewhere. */
  | 'moved'
  /** A whole segment is not there. */
  | 'segment-missing'
  /** A segment ends before its seal. */
  | 'segment-truncated'
  /** A segment begins with entries that another holds already. */
  | 'segment-unexpected'
  /** The record ends before the last entry that was acknowledged. */
  | 'tail-cut'
  /** The head is missing, is not what was written, or contradicts the record. */
  | 'head';

/** One place where the record is not as it was written. */
export interface Finding {
  /** The file: a segment, or the head. */
  readonly file: string;
  /** The number of the first entry that is bad, or missing. */
  readonly entry: number;
  /** Where in the file its line begins, or should. */
  readonly offset: number;
  readonly reason: FindingReason;
  /** The same for people. */
  readonly detail: string;
  /** The hash that is stored, and the hash that the bytes have. */
  readonly expected?: string;
  readonly actual?: string;
}

/** How far verification is. */
export interface VerificationProgress {
  readonly entries: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

/** The outcome of a verification. */
export type Verification =
  | {
      readonly verdict: 'intact';
      readonly entries: number;
      /** The hash of the last entry. Compare it with one that was kept elsewhere: see `verifyRecord()`. */
      readonly hash: string;
      readonly segments: number;
      readonly bytes: number;
      /** Bytes of an entry that is being written, or that a crash tore. They were not acknowledged. */
      readonly unfinishedBytes: number;
    }
  | {
      readonly verdict: 'tampered';
      /** The first bad entry. */
      readonly first: Finding;
      /** The first bad entry of every segment, and what is wrong with the head. */
      readonly findings: readonly Finding[];
      readonly entries: number;
      readonly segments: number;
      readonly bytes: number;
    }
  /** A newer version wrote it: whether it is as it was written is for that version to say. */
  | { readonly verdict: 'newer'; readonly path: string; readonly format: string; readonly detail: string }
  | { readonly verdict: 'unreadable'; readonly path: string; readonly detail: string };

/** The exit codes of `forge logs verify`. 2 is a wrong command; 3 says that nothing can be said. */
export const verificationExitCodes = { intact: 0, tampered: 1, newer: 3, unreadable: 4 } as const satisfies Record<
  Verification['verdict'],
  number
>;
