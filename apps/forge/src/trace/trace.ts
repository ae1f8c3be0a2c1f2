import { ForgeError } from '@sentinel-forge/contracts';
import { MeshClient } from '../mesh/mesh-client.js';
import { describeDuration } from '../terminal/duration.js';
import { printAnswer } from '../terminal/printer.js';
import { safeText } from '../terminal/safe-text.js';
import { columns, paint } from '../terminal/table.js';
import { collectTrace, findTraceId, type TraceSearch } from './collect.js';
import { type Stage, type Timeline, timelineOf } from './timeline.js';
import { traceClueOf } from './trace-id.js';

/** Prints one event's way through every service. */
export async function showTrace(id: string, search: TraceSearch, options: { readonly json?: boolean }): Promise<void> {
  const clue = traceClueOf(id);
  if (clue === undefined) {
    throw new ForgeError(
      'FORGE_HTTP_REFUSED',
      `"${safeText(id)}" is no id of a trace (32 hexadecimal digits), a mitigation (m-…) or an event (DEFEND:12)`,
      { details: { mend: '`forge tail --since 10m --no-follow` shows the trace of every event' } },
    );
  }
  await using client = await MeshClient.connect();
  const traceId = await findTraceId(client, clue, search.sinceMs);
  const events = traceId === undefined ? [] : await collectTrace(client, traceId, search);
  if (traceId === undefined || events.length === 0) {
    throw new ForgeError(
      'FORGE_HTTP_NOT_FOUND',
      `Nothing was said of ${safeText(id)} since ${new Date(search.sinceMs).toISOString()}`,
      {
        details: { mend: 'look further back with --since' },
      },
    );
  }
  const timeline = timelineOf(traceId, events);
  await printAnswer(timeline, options, () => describeTimeline(timeline));
}

const stageStyles: Readonly<Record<Stage, Parameters<typeof paint>[0]>> = {
  telemetry: 'cyan',
  score: 'yellow',
  request: 'yellow',
  approve: 'green',
  act: 'magenta',
  verify: 'green',
  release: 'green',
  reject: 'red',
  fail: 'red',
  self: 'blue',
  health: 'blue',
  ask: 'cyan',
  notice: 'green',
  'dead letter': 'red',
  log: 'dim',
};

/** A timeline for people: when since the beginning, what the step took, what it was, who took it. */
export function describeTimeline({ traceId, durationMs, steps }: Timeline): string {
  const rows = steps.map(({ stage, service, offsetMs, tookMs, summary }, index) => [
    `${offsetMs} ms`.padStart(10),
    paint('dim', index === 0 ? '' : `+${tookMs} ms`),
    paint(stageStyles[stage], stage),
    paint('bold', safeText(service)),
    safeText(summary),
  ]);
  const first = steps[0] === undefined ? '' : `, from ${steps[0].time}`;
  return `${paint('bold', `trace ${traceId}`)}: ${steps.length} ${steps.length === 1 ? 'step' : 'steps'} in ${describeDuration(durationMs)}${first}\n${columns(rows)}`;
}
