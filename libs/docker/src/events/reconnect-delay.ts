const firstMs = 200;
const highestMs = 5_000;
/** Never at once: an engine that accepts and closes would be called in a tight loop. */
const lowestMs = 50;

/**
 * How long to wait before the connection attempt after `failures` failed ones: exponential with full jitter, between
 * 50 ms and 5 s. The cap is low on purpose: nothing is defended while the engine's events are not heard.
 *
 * @param random from 0 up to, not including, 1
 */
export function computeReconnectDelayMs(failures: number, random: number): number {
  const ceilingMs = Math.min(highestMs, firstMs * 2 ** Math.min(failures, 16));
  return lowestMs + Math.floor(random * (ceilingMs - lowestMs));
}
