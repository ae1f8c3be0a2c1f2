import { Random } from './random.js';
import type { Target, Verdict } from './targets.js';

/** What came of fuzzing one target. */
export interface FuzzFigures {
  readonly count: number;
  readonly taken: number;
  readonly refused: number;
  /** The payload that took longest, in milliseconds. */
  readonly slowestMs: number;
  readonly findings: readonly Finding[];
}

/** A payload that was neither taken nor refused with a reason, or took too long. */
export interface Finding {
  /** Starts the generator so that the first payload is this one. */
  readonly seed: number;
  readonly error: unknown;
}

const mostFindings = 5;

/**
 * Gives a target so many payloads, each from a seed of its own: payload `index` of a run with `seed` is the first one of a
 * run with the seed that a finding names.
 */
export async function fuzz(target: Target, count: number, seed: number, slowMs: number): Promise<FuzzFigures> {
  const counts: Record<Verdict, number> = { taken: 0, refused: 0 };
  const findings: Finding[] = [];
  let slowestMs = 0;
  for (let index = 0; index < count && findings.length < mostFindings; index += 1) {
    const own = (seed + index) >>> 0;
    const startedAtMs = performance.now();
    try {
      counts[await target(new Random(own))] += 1;
    } catch (error) {
      findings.push({ seed: own, error });
    }
    const tookMs = performance.now() - startedAtMs;
    slowestMs = Math.max(slowestMs, tookMs);
    if (tookMs > slowMs) {
      findings.push({ seed: own, error: new Error(`took ${Math.round(tookMs)} ms`) });
    }
  }
  return { count, ...counts, slowestMs, findings };
}
