/**
 * How long to wait before the next restart, after `attempts` in a row: exponential with full jitter and a cap. The first is
 * at once. Full jitter, because what became unhealthy together must not be restarted together for ever.
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @param jitter from 0 up to, not including, 1
 */
export function computeRestartDelayMs(
  attempts: number,
  jitter: number,
  { backoffBaseMs, backoffCapMs }: { readonly backoffBaseMs: number; readonly backoffCapMs: number },
): number {
  if (attempts === 0) {
    return 0;
  }
  return Math.floor(jitter * Math.min(backoffCapMs, backoffBaseMs * 2 ** Math.min(attempts - 1, 30)));
}
