import type { Verdict } from '@sentinel-forge/contracts';
import type { Rule } from '../detection/rule.js';
import { strongerOf } from './action-strength.js';
import { type ResponsePolicy, verdictOfScore } from './response-policy.js';

/**
 * The one verdict on an event: that of its score, or what a rule that matched asks for, if that is stronger. A score below
 * `notifyFrom` does nothing, whatever a rule asks for.
 */
export function verdictOf(score: number, matched: readonly Rule[], policy: ResponsePolicy): Verdict {
  const ofScore = verdictOfScore(score, policy);
  return ofScore === 'observe'
    ? ofScore
    : matched.reduce<Verdict>(
        (verdict, { action }) => (action === undefined ? verdict : strongerOf(verdict, action)),
        ofScore,
      );
}

/**
 * How long a verdict stays in force; undefined: until it is released by hand, or that it holds nothing. Rules prolong what a
 * score leads to and never shorten it: a small rule that matched by the way must not cut a quarantine short.
 */
export function ttlOf(verdict: Verdict, matched: readonly Rule[], policy: ResponsePolicy): number | undefined {
  const asking = matched.filter(({ action }) => action === verdict);
  switch (verdict) {
    case 'quarantine':
      return Math.max(policy.quarantineTtlMs, ...ttlsOf(matched));
    case 'isolate':
      return Math.max(policy.isolateTtlMs, ...ttlsOf(matched));
    case 'throttle':
      return longest(ttlsOf(asking)) ?? policy.throttleTtlMs;
    case 'stop':
      return ttlsOf(asking).length < asking.length ? undefined : longest(ttlsOf(asking));
    case 'observe':
    case 'notify':
    case 'restart':
      return undefined;
  }
}

function ttlsOf(rules: readonly Rule[]): readonly number[] {
  return rules.map(({ ttlMs }) => ttlMs).filter((ttlMs) => ttlMs !== undefined);
}

function longest(ttlsMs: readonly number[]): number | undefined {
  return ttlsMs.length === 0 ? undefined : Math.max(...ttlsMs);
}
