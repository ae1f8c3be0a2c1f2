/** A `stop` event that was heard. */
export interface HeardStop {
  readonly containerId: string;
  /** When the signal before it was sent, by the engine's clock. */
  readonly killMs: number;
  /** When the stop was heard, by ours. */
  readonly heardMs: number;
}

/** An engine's stream of events ends 1.0 s after the last stop (measured, 20.10). */
const lastStopToAwayMs = 3_000;
/** It sends the signal to all its containers within 20 ms (measured, 20.10). */
const signalBurstMs = 1_000;

/**
 * Which of the stops were the engine's own. One that is shut down in an orderly way emits `kill`, `die` and `stop` for every
 * container before its stream ends, just as if a person had stopped them all; only the end of the stream tells that it was
 * not one. What a person stopped shortly before got its signal earlier, and stays stopped.
 *
 * @param isAnyRunning as far as is known; an engine that stops in an orderly way leaves nothing running
 */
export function stopsOfShutdown(stops: readonly HeardStop[], awayMs: number, isAnyRunning: boolean): readonly string[] {
  const last = stops.reduce<HeardStop | undefined>(
    (latest, stop) => (latest === undefined || stop.heardMs >= latest.heardMs ? stop : latest),
    undefined,
  );
  if (last === undefined || isAnyRunning || awayMs - last.heardMs > lastStopToAwayMs) {
    return [];
  }
  return stops
    .filter(({ killMs }) => Math.abs(killMs - last.killMs) <= signalBurstMs)
    .map(({ containerId }) => containerId);
}
