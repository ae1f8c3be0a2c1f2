import type { Containment } from '@sentinel-forge/contracts';
import type { Aspect, Lease, ReleaseStart } from './mitigation.record.js';
import type { TargetBefore } from './target-before.js';

/** Everything that can happen to a mitigation. Times, ids and jitter come from outside. */
export type MitigationInput =
  /** The guards, or a person, say no. */
  | { readonly kind: 'rejected'; readonly actor: string; readonly reason: string }
  /** A person has to approve it first. */
  | { readonly kind: 'approval-awaited'; readonly reason: string; readonly approveBeforeMs: number }
  | { readonly kind: 'approved'; readonly actor: string; readonly reason: string }
  /** Something equal or stronger is in force on the target already. */
  | { readonly kind: 'joined'; readonly to: string; readonly until?: string; readonly contained: Containment }
  /** Something equal or weaker was asked for while this is in force. `untilMs` undefined: until it is released by hand. */
  | { readonly kind: 'join-accepted'; readonly by: string; readonly untilMs: number | undefined }
  /** All was checked, and nothing is done to the container: it was simulated, or there is nothing but to tell of it. */
  | { readonly kind: 'noted'; readonly calls: readonly string[]; readonly contained: Containment }
  /** The intent, written before the first Docker call of each try. */
  | {
      readonly kind: 'begun';
      readonly before: TargetBefore;
      readonly holds: readonly Aspect[];
      readonly lease: Lease;
      /** The weaker one that this one takes the place of, and when that would have ended: never, where it says nothing. */
      readonly upgrades?: { readonly id: string; readonly until?: string };
    }
  /** Something stronger is about to change more of the target; whoever is released gives that back too. */
  | { readonly kind: 'widened'; readonly holds: readonly Aspect[] }
  /** Done, and verified from both sides. */
  | {
      readonly kind: 'applied';
      readonly contained: Containment;
      readonly because?: string;
      readonly calls: readonly string[];
      readonly remarks: readonly string[];
    }
  /** A try to act ended badly. */
  | {
      readonly kind: 'act-failed';
      readonly error: string;
      readonly canRetry: boolean;
      /** The engine itself was away: no fault of the mitigation, and not counted as one. */
      readonly isEngineAway: boolean;
      readonly calls: readonly string[];
      readonly jitter: number;
    }
  /** What was in force is so no more. */
  | { readonly kind: 'escaped'; readonly problems: readonly string[] }
  /** It was looked at again, and is in force. */
  | { readonly kind: 'found-well'; readonly contained: Containment }
  | { readonly kind: 'target-gone' }
  /** Its time is over, or a person wants it back. */
  | { readonly kind: 'release-asked'; readonly actor: string; readonly reason: string }
  /** The intent of the release, written before its first Docker call. */
  | { readonly kind: 'release-begun'; readonly start: ReleaseStart; readonly lease: Lease }
  | { readonly kind: 'released'; readonly calls: readonly string[]; readonly remarks: readonly string[] }
  | {
      readonly kind: 'release-failed';
      readonly error: string;
      readonly isEngineAway: boolean;
      readonly calls: readonly string[];
      readonly jitter: number;
    }
  /** Something stronger has taken its place, and everything it held. */
  | { readonly kind: 'superseded'; readonly by: string }
  /** The mitigation that this one was joined to has ended, and this one with it. */
  | { readonly kind: 'host-ended'; readonly host: string; readonly actor: string; readonly reason: string }
  /** The mitigation that this one was joined to was superseded; it is joined to the new one now. */
  | { readonly kind: 'rejoined'; readonly host: string; readonly to: string }
  /** These events are in the stream. */
  | { readonly kind: 'said'; readonly ids: readonly string[] };

/** One kind of them. */
export type InputOf<Kind extends MitigationInput['kind']> = Extract<MitigationInput, { readonly kind: Kind }>;
