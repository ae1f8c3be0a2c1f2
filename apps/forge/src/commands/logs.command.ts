import { Option } from 'commander';
import type { ForgeCommand, JsonOption } from '../cli/forge-command.js';
import { parseSince } from '../cli/option-values.js';
import { durationDescription } from '../terminal/duration.js';

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

interface TailOptions extends JsonOption {
  readonly level: (typeof levels)[number];
  readonly trace?: string;
  readonly since?: number;
  readonly follow: boolean;
}

/** `forge logs`: what the services log, and the record of everything. */
export function addLogsCommand(program: ForgeCommand): void {
  const group = program
    .command('logs')
    .description('follow what the services log, and check the record of everything that was said');
  group
    .command('tail')
    .description('follow what the services log')
    .argument('[services...]', 'only of these: supervisor, sentinelcore, …')
    .addOption(new Option('--level <level>', 'this level and above').choices(levels).default('info'))
    .option('--trace <id>', 'only what belongs to this trace')
    .option('--since <when>', `begin with what was logged since then: ${durationDescription}, or a time`, parseSince)
    .option('--no-follow', 'end after what is there')
    .json('print one JSON document per line')
    .example('forge logs tail supervisor --level warn')
    .example('forge logs tail --since 10m --no-follow')
    .action(async (services: readonly string[], { level, trace, since, follow, json }: TailOptions) => {
      const { tailLogs } = await import('../record/tail-logs.js');
      await tailLogs({
        services,
        levels: levels.slice(levels.indexOf(level)),
        trace,
        since,
        isLive: follow,
        isJson: json === true,
      });
    });
  group
    .command('verify')
    .description(
      'check the record: exit code 0 intact, 1 tampered (the first bad entry is named), 3 a newer version wrote it, 4 it cannot be read. Needs no mesh',
    )
    .option('--dir <directory>', 'where the record is (default: the one of the mesh on FORGE_DATA_DIR)')
    .json()
    .example('forge logs verify')
    .example('forge logs verify --dir /mnt/copy/record --json')
    .action(async ({ dir, json }: JsonOption & { readonly dir?: string }) => {
      const { verifyLogs } = await import('../record/verify-logs.js');
      await verifyLogs(dir, { json: json === true });
    });
}
