/**
 * The points of a severity of 0 to 10: 0.9 · severity², rounded.
 *
 * | severity | 0 | 1 | 2 | 3 | 4  | 5  | 6  | 7  | 8  | 9  | 10 |
 * | points   | 0 | 1 | 4 | 8 | 14 | 23 | 32 | 44 | 58 | 73 | 90 |
 *
 * Why a square: a severity is the word of one producer, and nobody confirms it. Its lower half must not move anything by itself
 * but only add to what rules find; only its top may act alone. With the default thresholds the bands fall on those of CVSS
 * (https://www.first.org/cvss/v4.0/specification-document, "Qualitative Severity Rating Scale"): low and nearly all of medium
 * (below 7) are observed, high (7 to 8.9) is told to people, critical (9 and more) contains, and 10, "act at once", quarantines.
 * The function is monotone: more severe is never fewer points.
 */
export function severityPoints(severity: number): number {
  const bounded = Math.min(10, Math.max(0, severity));
  return Math.round((9 * bounded * bounded) / 10);
}
