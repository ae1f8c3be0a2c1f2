import type { Goal, RowDefinition, Suite } from '../suite.js';
import { median } from './statistics.js';

/** One line of the table, with its figures. */
export interface Result {
  readonly suite: string;
  readonly key: string;
  readonly what: string;
  readonly unit: RowDefinition['unit'];
  readonly statistic: string;
  readonly value: number;
  /** The lowest and the highest round; the same as the value where all rounds make one figure. */
  readonly spread: readonly [number, number];
  readonly samples: number;
  readonly share?: { readonly of: string; readonly value: number };
  readonly goal?: Goal & { readonly isReached: boolean };
  /** Where a figure is from that was not measured in this run. */
  readonly source?: string;
}

/** What was measured for each row: one list of samples for each round. */
export type Samples = ReadonlyMap<string, readonly (readonly number[])[]>;

/** The results of a suite, in the order of its rows. Throws when a row has no samples: a table with a hole says nothing. */
export function resultsOf(suite: Suite, samples: Samples): readonly Result[] {
  const figures = new Map(suite.rows.map((row) => [row.key, figuresOf(suite, row, samples.get(row.key) ?? [])]));
  return suite.rows.map((row) => {
    const own = figures.get(row.key) ?? [];
    const value = median(own);
    const share = shareOf(row, suite, figures);
    return {
      suite: suite.name,
      key: row.key,
      what: row.what,
      unit: row.unit,
      statistic: row.published === undefined ? row.statistic.name : 'published',
      value,
      spread: [Math.min(...own), Math.max(...own)],
      samples: (samples.get(row.key) ?? []).flat().length,
      ...(share === undefined ? {} : { share }),
      ...(row.goal === undefined ? {} : { goal: { ...row.goal, isReached: isReached(row.goal, value, share?.value) } }),
      ...(row.published === undefined ? {} : { source: row.published.source }),
    };
  });
}

function figuresOf(suite: Suite, row: RowDefinition, rounds: readonly (readonly number[])[]): readonly number[] {
  const figures = row.published === undefined ? row.statistic.figures(rounds) : [row.published.value];
  if (figures.length === 0) {
    throw new Error(`the suite "${suite.name}" recorded nothing for "${row.key}"`);
  }
  return figures;
}

// Round by round: what disturbed a round disturbed both sides of its ratio.
function shareOf(
  row: RowDefinition,
  suite: Suite,
  figures: ReadonlyMap<string, readonly number[]>,
): { of: string; value: number } | undefined {
  const peer = suite.rows.find(({ key }) => key === row.comparedTo);
  const others = figures.get(peer?.key ?? '');
  const own = figures.get(row.key) ?? [];
  if (peer === undefined || others === undefined) {
    return undefined;
  }
  const ratios =
    own.length === others.length
      ? own.map((figure, index) => figure / (others[index] ?? Number.NaN))
      : [median(own) / median(others)];
  return { of: peer.what, value: median(ratios) };
}

function isReached(goal: Goal, value: number, share: number | undefined): boolean {
  switch (goal.kind) {
    case 'at-least':
      return value >= goal.value;
    case 'at-most':
      return value <= goal.value;
    case 'share-at-least':
      return (share ?? 0) >= goal.value;
  }
}
