import type { ForgeCommand, JsonOption } from '../cli/forge-command.js';

interface TestOptions extends JsonOption {
  readonly event: string;
  readonly signal: string;
  readonly rules: readonly string[];
  readonly all?: boolean;
}

/** `forge rules`: what telemetry is scored by. */
export function addRulesCommand(program: ForgeCommand): void {
  const group = program
    .command('rules')
    .description('see the rules in force, check rule files, and try an event on them');
  group
    .command('list')
    .description('list the rules in force, with how often each matched')
    .json()
    .example('forge rules list')
    .action(async (options: JsonOption) => {
      const { listRules } = await import('../rules/list-rules.js');
      await listRules(options);
    });
  group
    .command('check')
    .description(
      'check rule files as sentinelcore does before it takes them; needs no mesh. Exit code 1 when something is wrong',
    )
    .argument('[paths...]', 'files, or directories of *.yaml (default: the rules that come with sentinelcore)')
    .json()
    .example('forge rules check rules/ extra.yaml')
    .action(async (paths: readonly string[], options: JsonOption) => {
      const { checkRuleFiles } = await import('../rules/check-rules.js');
      await checkRuleFiles(paths, options);
    });
  group
    .command('test')
    .description(
      'show what would be decided on an event at the default thresholds, and how the tests of each matching rule look at it; needs no mesh',
    )
    .requiredOption('--event <json>', 'the telemetry: JSON, @file, or - for standard input')
    .option('--signal <signal>', 'the signal it comes on', 'auth')
    .option('--rules <paths...>', 'files or directories of rules (default: those that come with sentinelcore)', [])
    .option('--all', 'show the rules that do not match too')
    .json()
    .example('forge rules test --event \'{"source":"sshd","severity":5,"target":{"container":"web-1"}}\'')
    .example('forge rules test --signal process --event @shell.json --rules rules/')
    .action(async ({ event, signal, rules, all, json }: TestOptions) => {
      const { testEvent } = await import('../rules/test-rules.js');
      await testEvent({ event, signal, paths: rules, isAll: all === true }, { json: json === true });
    });
}
