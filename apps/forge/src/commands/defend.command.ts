import { InvalidArgumentError } from 'commander';
import type { ForgeCommand, JsonOption } from '../cli/forge-command.js';
import { parseAttribute, type TelemetryFlags } from '../defend/telemetry-flags.js';

interface DefendOptions extends JsonOption, TelemetryFlags {
  readonly event?: string;
  readonly id?: string;
  readonly trace?: string;
  readonly wait?: boolean;
  readonly url?: string;
}

/** `forge defend`: send telemetry. */
export function addDefendCommand(program: ForgeCommand): void {
  program
    .command('defend')
    .description(
      'send telemetry, wait until it is stored, and print the trace id under which all that follows can be found',
    )
    .argument(
      '<signal>',
      'what kind it is: auth, process, network, file, container, …; deeper tokens are allowed: auth.ssh',
    )
    .option('--event <json>', 'the telemetry: JSON, @file, or - for standard input; flags come on top of it')
    .option('--source <name>', 'who says it (default: forge-cli)')
    .option('--severity <0..10>', 'how bad it is, 10 being the worst', parseSeverity)
    .option('--summary <text>', 'what happened, in one line')
    .option('--container <name>', 'the container concerned: name, id or Compose service')
    .option('--host <name>', 'the host concerned')
    .option('--user <name>', 'the user concerned')
    .option('--address <address>', 'the network address concerned')
    .option('--attribute <name=value>', 'anything else that is known; can be given more than once', collectAttribute)
    .option('--time <time>', 'when it happened, if not now')
    .option('--id <id>', 'the id of the event: sent again under the same id, it counts once')
    .option('--trace <id>', 'the trace that it belongs to, if there is one')
    .option('--wait', 'send it through POST /defend of sentinelcore, and wait for the decision on it')
    .option('--url <url>', 'where sentinelcore listens, if that is not known; for --wait')
    .json()
    .example("forge defend auth --severity 3 --summary 'failed login' --user root --address 203.0.113.7")
    .example('forge defend auth --severity 10 --container web-1 --wait', 'and see what is decided')
    .example('echo \'{"source":"web","severity":7}\' | forge defend auth --event -')
    .action(async (signal: string, options: DefendOptions) => {
      const { defend } = await import('../defend/defend.js');
      const { event, id, trace, wait, url, json, ...flags } = options;
      await defend({ signal, event, id, trace, isWaiting: wait === true, url, flags }, { json: json === true });
    });
}

function parseSeverity(text: string): number {
  const severity = Number(text);
  if (text.trim() === '' || !(severity >= 0 && severity <= 10)) {
    throw new InvalidArgumentError('Give a number from 0 to 10.');
  }
  return severity;
}

function collectAttribute(
  text: string,
  known: ReadonlyArray<readonly [string, unknown]> = [],
): ReadonlyArray<readonly [string, unknown]> {
  const attribute = parseAttribute(text);
  if (attribute === undefined) {
    throw new InvalidArgumentError('Give a name and a value: failures=12.');
  }
  return [...known, attribute];
}
