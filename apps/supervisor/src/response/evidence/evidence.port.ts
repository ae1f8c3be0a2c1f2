/** Evidence as it is kept: redacted, and with what it belongs to. */
export interface KeptEvidence {
  /** What it belongs to: the id of a mitigation, or of a container that was healed. A name that a folder can have. */
  readonly about: string;
  /** When, or why, it was taken: one piece for each label. A name that a file can have. */
  readonly label: string;
  readonly takenAt: string;
  readonly container: { readonly id: string; readonly name: string };
  readonly inspect: unknown;
  readonly logs: unknown;
  readonly changes: unknown;
  readonly processes: unknown;
  /** What could not be read, and why. */
  readonly missing: readonly string[];
}

/** Where evidence is kept. */
export interface EvidenceStore {
  /** The labels of the evidence that there is already. */
  labelsOf(about: string): Promise<ReadonlySet<string>>;

  /** Keeps one piece, durably. Keeping the same piece again keeps the first. */
  keep(evidence: KeptEvidence): Promise<void>;
}
