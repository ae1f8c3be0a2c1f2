/** What is never waited longer for: a receiver cannot park its notices for a day. */
export const maxRetryAfterMs = 60 * 60 * 1000;

/**
 * How long a `Retry-After` asks to wait, in seconds or until an HTTP-date (RFC 9110, section 10.2.3), at most
 * {@link maxRetryAfterMs}; undefined without one that can be read.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1000 : httpDateMs(text) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), maxRetryAfterMs);
}

/** IMF-fixdate and the two obsolete forms start with the name of a day; `Date.parse` alone would take `-1` or `12.5`. */
function httpDateMs(text: string): number {
  return /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text) ? Date.parse(text) : Number.NaN;
}
