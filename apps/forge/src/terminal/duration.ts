const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** What {@link parseDurationMs} takes, for people. */
export const durationDescription = 'a number and a unit such as 90s, 10m, 2h or 7d';

/** Longer than anything here lasts; far longer, and the time before it is no time any more. */
const longestMs = 36_500 * 86_400_000;

/** Reads `90s`, `10m`, `1h30m`; undefined when it is no duration, or one of more than a hundred years. */
export function parseDurationMs(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) {
    return undefined;
  }
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g);
  const durationMs = [...parts].reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitsMs[unit ?? ''] ?? 0), 0);
  return durationMs <= longestMs ? durationMs : undefined;
}

/** Reads a point in time: a duration before now, or an RFC 3339 time; undefined when it is neither. */
export function parsePastMs(text: string, nowMs: number): number | undefined {
  const durationMs = parseDurationMs(text);
  if (durationMs !== undefined) {
    return nowMs - durationMs;
  }
  const timeMs = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** A duration in at most two units: `1 ms`, `2.4 s`, `3 min 20 s`, `2 h 5 min`, `4 d`. */
export function describeDuration(durationMs: number): string {
  if (durationMs < 1_000) {
    return `${Math.round(durationMs)} ms`;
  }
  if (durationMs < 60_000) {
    return `${(durationMs / 1_000).toFixed(1).replace(/\.0$/, '')} s`;
  }
  const [large, small] = durationMs < 3_600_000 ? ['m', 's'] : durationMs < 86_400_000 ? ['h', 'm'] : ['d', 'h'];
  const largeMs = unitsMs[large ?? ''] ?? 1;
  const smallMs = unitsMs[small ?? ''] ?? 1;
  const wholeSmall = Math.round(durationMs / smallMs);
  const count = Math.floor((wholeSmall * smallMs) / largeMs);
  const rest = wholeSmall - (count * largeMs) / smallMs;
  return rest === 0 ? `${count} ${words[large ?? '']}` : `${count} ${words[large ?? '']} ${rest} ${words[small ?? '']}`;
}

const words: Readonly<Record<string, string>> = { s: 's', m: 'min', h: 'h', d: 'd' };
