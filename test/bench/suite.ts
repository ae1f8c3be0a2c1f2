import type { Statistic } from './report/statistics.js';

/** What a row has to reach. */
export type Goal =
  | { readonly kind: 'at-least' | 'at-most'; readonly value: number }
  /** A share of the row that this one is compared to. */
  | { readonly kind: 'share-at-least'; readonly value: number };

/** One line of the table. */
export interface RowDefinition {
  /** Unique in its suite. */
  readonly key: string;
  /** What was measured, in words that need no context. */
  readonly what: string;
  readonly unit: '/s' | 'ms' | 'MB';
  readonly statistic: Statistic;
  /** The key of another row of the suite: the table shows what share of it this one is, round by round. */
  readonly comparedTo?: string;
  readonly goal?: Goal;
  /** Instead of a measurement: a figure of somebody else's, and where it is from. */
  readonly published?: { readonly value: number; readonly source: string };
}

/** One pass over everything that a suite measures. */
export interface Round {
  /** From 0. */
  readonly index: number;
  /** What every choice in the input follows from; the same in every run. */
  readonly seed: number;
  /** Adds to what was measured for a row in this round: one rate, or as many durations as there are. */
  record(key: string, ...samples: readonly number[]): void;
  /** Says what is being done, to whoever watches. */
  progress(what: string): void;
  /** The environment for a process that is measured: with `--profile`, it writes a CPU profile named so when it ends. */
  environmentFor(processName: string): Readonly<Record<string, string>>;
}

/**
 * Something that is measured. To add one, put a file that exports it as `suite` into `test/bench/suites`, named
 * `<name>.bench.ts`: it is found there.
 */
export interface Suite {
  readonly name: string;
  readonly summary: string;
  readonly rows: readonly RowDefinition[];
  /** Why it cannot run on this machine; undefined when it can. */
  readonly whyNot?: () => Promise<string | undefined>;
  /** Measures every row once. Rounds of all suites take turns, so that what else the machine does hits all alike. */
  readonly measure: (round: Round) => Promise<void>;
}
