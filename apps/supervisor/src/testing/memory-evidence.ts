import type { EvidenceStore, KeptEvidence } from '../response/evidence/evidence.port.js';

/** Evidence in memory. */
export class MemoryEvidence implements EvidenceStore {
  readonly kept: KeptEvidence[] = [];

  async labelsOf(about: string): Promise<ReadonlySet<string>> {
    return new Set(this.kept.filter((one) => one.about === about).map(({ label }) => label));
  }

  async keep(evidence: KeptEvidence): Promise<void> {
    this.kept.push(evidence);
  }
}
