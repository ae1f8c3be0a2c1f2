import type { Contribution, MitigationRequested, MitigationTransition, Verdict } from '@sentinel-forge/contracts';
import type { Disposition } from './disposition.js';

/** What follows from a verdict. */
export type Plan =
  /** Nothing is said to anybody; the reason is for whoever asks. */
  | { readonly kind: 'nothing'; readonly reason: string }
  /** People are told: `mitigation.sentinelcore.applied`. No supervisor has to do anything. */
  | { readonly kind: 'notify'; readonly data: MitigationTransition }
  /** The supervisor of a host is asked: `mitigation.sentinelcore.requested.<host>`. */
  | {
      readonly kind: 'request';
      readonly host: string;
      readonly data: MitigationRequested;
      readonly disposition: Disposition;
    }
  /** Something should be done, and it is not certain to what: `mitigation.sentinelcore.rejected`. */
  | { readonly kind: 'rejection'; readonly data: MitigationTransition };

/** A score, what it is the sum of, and what follows. */
export interface Conclusion {
  readonly score: number;
  readonly verdict: Verdict;
  readonly contributions: readonly Contribution[];
  readonly plan: Plan;
}

/** Everything that sentinelcore concludes from one event. */
export interface Decision extends Conclusion {
  readonly eventId: string;
  /**
   * What would have been concluded with the rules on trial as well, if any of them matched. Its plan is simulated, and only says
   * something where it goes beyond the real one.
   */
  readonly simulation?: Conclusion;
}
