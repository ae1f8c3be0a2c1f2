/** What a row shows of its samples; one list of samples for each round. */
export interface Statistic {
  readonly name: string;
  /** The figure of each round; for a statistic over all rounds, only one. */
  readonly figures: (rounds: readonly (readonly number[])[]) => readonly number[];
}

/** The median of the rounds, each of which gave one figure. */
export const medianOfRounds: Statistic = {
  name: 'median of rounds',
  figures: (rounds) => rounds.filter((samples) => samples.length > 0).map(median),
};

/** A quantile of each round that has many samples, and then the median of the rounds: one bad moment of the machine spoils one. */
export function quantileOfRounds(q: number): Statistic {
  return {
    name: `p${q * 100} of each round, median of rounds`,
    figures: (rounds) => rounds.filter((samples) => samples.length > 0).map((samples) => quantile(samples, q)),
  };
}

/** A quantile of the samples of all rounds together: where a round has few. */
export function quantileOverAll(q: number): Statistic {
  return {
    name: `p${q * 100} over all rounds`,
    figures: (rounds) => (rounds.flat().length === 0 ? [] : [quantile(rounds.flat(), q)]),
  };
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The smallest value that at least this share of all values does not exceed (nearest rank). */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}
