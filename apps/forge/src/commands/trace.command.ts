import type { ForgeCommand, JsonOption } from '../cli/forge-command.js';
import { parseSince } from '../cli/option-values.js';
import { durationDescription } from '../terminal/duration.js';

interface TraceOptions extends JsonOption {
  readonly since?: number;
  readonly logs: boolean;
}

const hourMs = 3_600_000;

/** `forge trace`: one event's way through every service. */
export function addTraceCommand(program: ForgeCommand): void {
  program
    .command('trace')
    .description(
      "show one event's way through every service, with times: telemetry, score, request, act, verify, notice",
    )
    .argument('<id>', 'a trace id, a traceparent, a mitigation id (m-…) or an event of a stream (DEFEND:12)')
    .option(
      '--since <when>',
      `look back so far: ${durationDescription}, or a time (default: the last hour)`,
      parseSince,
    )
    .option('--no-logs', 'leave out what the services logged')
    .json()
    .example('forge trace 4bf92f3577b34da6a3ce929d0e0e4736')
    .example('forge trace m-8c1f --since 2h', 'what led to a mitigation')
    .action(async (id: string, { since = Date.now() - hourMs, logs, json }: TraceOptions) => {
      const { showTrace } = await import('../trace/trace.js');
      await showTrace(id, { sinceMs: since, hasLogs: logs }, { json: json === true });
    });
}
