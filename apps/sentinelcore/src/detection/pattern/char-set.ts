/** Inclusive ranges of UTF-16 code units, sorted, neither overlapping nor touching. */
export type CharSet = readonly (readonly [first: number, last: number])[];

const lastUnit = 0xffff;

/** The set of any ranges, put in order. */
export function charSet(...ranges: readonly (readonly [number, number])[]): CharSet {
  const merged: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const previous = merged.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) {
      previous[1] = Math.max(previous[1], last);
    } else {
      merged.push([first, last]);
    }
  }
  return merged;
}

/** Everything that is not in a set. */
export function complementOf(set: CharSet): CharSet {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [first, last] of set) {
    if (next < first) {
      gaps.push([next, first - 1]);
    }
    next = last + 1;
  }
  return next <= lastUnit ? [...gaps, [next, lastUnit]] : gaps;
}

/** A set with the other case of every ASCII letter in it. */
export function withBothCases(set: CharSet): CharSet {
  const folded = set.flatMap(([first, last]) => [
    ...shifted(first, last, 65, 90, 32),
    ...shifted(first, last, 97, 122, -32),
  ]);
  return charSet(...set, ...folded);
}

/** Whether a code unit is in a set. */
export function hasUnit(set: CharSet, unit: number): boolean {
  return set.some(([first, last]) => first <= unit && unit <= last);
}

/** `\d`, `\s`, `\w` and `.` as ECMAScript defines them. */
export const digits = charSet([48, 57]);
export const wordChars = charSet([48, 57], [65, 90], [95, 95], [97, 122]);
export const spaces = charSet(
  [9, 13],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
);
export const anyButLineEnds = complementOf(charSet([10, 10], [13, 13], [0x2028, 0x2029]));

function shifted(first: number, last: number, from: number, to: number, by: number): [number, number][] {
  const low = Math.max(first, from);
  const high = Math.min(last, to);
  return low <= high ? [[low + by, high + by]] : [];
}
