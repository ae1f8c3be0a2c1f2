import { exitCodes } from '../cli/exit-codes.js';
import type { ForgeCommand, JsonOption } from '../cli/forge-command.js';
import { parsePositiveInteger, parseSince } from '../cli/option-values.js';
import { durationDescription } from '../terminal/duration.js';

interface TailOptions extends JsonOption {
  readonly since?: number;
  readonly fromSeq?: number;
  readonly follow: boolean;
}

/** `forge tail`: every event, as it is said. */
export function addTailCommand(program: ForgeCommand): void {
  const command = program
    .command('tail')
    .description('follow events live, across streams; without subjects every event but the logs of the services')
    .argument('[subjects...]', 'as NATS writes them, wildcards included')
    .option('--since <when>', `begin with what was said since then: ${durationDescription}, or a time`, parseSince)
    .option(
      '--from-seq <sequence>',
      'begin at this sequence of the stream; for the subjects of one stream',
      parsePositiveInteger,
    )
    .option('--no-follow', 'end after what is there')
    .json('print one JSON document per line')
    .example("forge tail 'defend.>' 'mitigation.>'", 'telemetry and what follows from it')
    .example('forge tail --since 10m --no-follow', 'the last ten minutes, then end')
    .example("forge tail 'defend.>' --from-seq 1200 --json", 'go on at a sequence')
    .action(async (subjects: readonly string[], options: TailOptions) => {
      const [{ tail }, { streamOf, subjectFilters }] = await Promise.all([
        import('../tail/tail.js'),
        import('../tail/subject-filters.js'),
      ]);
      const filters = subjectFilters(subjects);
      const { since, fromSeq, follow, json } = options;
      if (fromSeq !== undefined && (since !== undefined || streamOf(filters) === undefined)) {
        const reason =
          since === undefined
            ? 'needs subjects of one stream, which sequences belong to'
            : 'and --since exclude each other';
        command.error(`error: --from-seq ${reason}`, { exitCode: exitCodes.usage });
      }
      await tail({ filters, start: startOf(since, fromSeq, follow), isLive: follow, isJson: json === true });
    });
}

function startOf(since: number | undefined, fromSeq: number | undefined, isLive: boolean) {
  if (fromSeq !== undefined) {
    return { kind: 'sequence', sequence: fromSeq } as const;
  }
  if (since !== undefined) {
    return { kind: 'time', timeMs: since } as const;
  }
  // Nothing new can be there already: who does not follow wants what is there.
  return isLive ? ({ kind: 'new' } as const) : ({ kind: 'sequence', sequence: 1 } as const);
}
