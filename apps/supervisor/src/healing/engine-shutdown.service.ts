/** A `stop` event that was heard. */
export interface HeardStop {
  readonly containerId: string;
  /** When the first signal before it was sent, by the engine's clock. */
  readonly killMs: number;
  /** When it was over, by the engine's clock. */
  readonly stopMs: number;
  /** When it was heard, by ours. */
  readonly heardMs: number;
}

/** An engine's stream of events ends 1.0 s (20.10) or 5.0 s (28) after the last stop (measured). */
const lastStopToAwayMs = 10_000;

/**
 * Which of the stops were the engine's own. One that is shut down in an orderly way emits `kill`, `die` and `stop` (since 28 the
 * other way round) for every container before its stream ends, just as if a person had stopped them all; only the end of the stream tells that it was
 * not one. What a person stopped before was over before the engine began, and stays stopped.
 *
 * @param isAnyRunning as far as is known; an engine that stops in an orderly way leaves nothing running
 */
export function stopsOfShutdown(stops: readonly HeardStop[], awayMs: number, isAnyRunning: boolean): readonly string[] {
  const lastHeardMs = Math.max(...stops.map(({ heardMs }) => heardMs));
  if (stops.length === 0 || isAnyRunning || awayMs - lastHeardMs > lastStopToAwayMs) {
    return [];
  }
  return lastTogether(stops).map(({ containerId }) => containerId);
}

/**
 * Whether what ended while the engine was away was ended by the engine itself. One that was killed stops, when it is started
 * anew, whatever it finds still running: each of them, at the same time. A person would have had to stop just these.
 *
 * @param endedIds the containers that ended, where not one of those that had run before runs on
 * @param stops what was told of since
 */
export function isEndOfEngine(endedIds: readonly string[], stops: readonly HeardStop[]): boolean {
  const own = stops.filter(({ containerId }) => endedIds.includes(containerId));
  // Nothing is told of an end that came before anybody listened.
  return own.length === 0 || (own.length === endedIds.length && lastTogether(own).length === own.length);
}

/**
 * The last of the stops that went on at the same time. An engine signals all its containers before the first of them is
 * stopped (measured, 20.10: within 20 ms; a stop takes 70 ms at least), so that its stops overlap, however many there are.
 */
function lastTogether(stops: readonly HeardStop[]): readonly HeardStop[] {
  const latestFirst = [...stops].sort((a, b) => b.killMs - a.killMs);
  const isApart = (stop: HeardStop, index: number): boolean => {
    const next = latestFirst[index - 1];
    return next !== undefined && stop.stopMs < next.killMs;
  };
  const end = latestFirst.findIndex(isApart);
  return end < 0 ? latestFirst : latestFirst.slice(0, end);
}
