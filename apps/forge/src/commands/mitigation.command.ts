import { exitCodes } from '../cli/exit-codes.js';
import type { ForgeCommand, JsonOption } from '../cli/forge-command.js';
import { parsePositiveInteger } from '../cli/option-values.js';

interface Options extends JsonOption {
  readonly host?: string;
  readonly reason?: string;
}

interface ListOptions extends Options {
  readonly state?: string;
  readonly container?: string;
  readonly limit: number;
}

const defaultLimit = 50;
const hostOption = ['--host <name>', 'only on this Docker host (default: every one that has a supervisor)'] as const;
const reasonOption = ['--reason <text>', 'why, for the record'] as const;
const idArgument = ['<id>', 'the id, or the start of it where that is unambiguous: m-8c1f'] as const;

/** `forge mitigation`: what is done about what happened. */
export function addMitigationCommand(program: ForgeCommand): void {
  const group = program.command('mitigation').description('see and steer what is done to containers');
  addListAndShow(group);
  addDecision(
    group,
    'approve',
    'let a mitigation that waits for approval be carried out',
    "forge mitigation approve m-8c1f --reason 'seen with the team'",
  );
  addDecision(group, 'reject', 'refuse a mitigation that was not carried out yet', 'forge mitigation reject m-8c1f');
  addRelease(group);
  addSwitch(group, 'pause', true, 'carry nothing new out from now on; what is in force stays, and ends at its time');
  addSwitch(group, 'resume', false, 'go on carrying mitigations out, with what came in meanwhile');
}

function addListAndShow(group: ForgeCommand): void {
  group
    .command('list')
    .description('list mitigations, newest first')
    .option('--state <state>', 'only those in this state: applied, requested, …')
    .option('--container <name>', 'only those on this container')
    .option('--limit <count>', 'at most so many', parsePositiveInteger, defaultLimit)
    .option(...hostOption)
    .json()
    .example('forge mitigation list --state applied', 'what is in force')
    .action(async ({ state, container, limit, host, json }: ListOptions) => {
      const { listMitigations } = await import('../mitigations/mitigations.js');
      await listMitigations({ state, container, limit, host, json: json === true });
    });
  group
    .command('show')
    .description('show one with what led to it, what was done and what became of it')
    .argument(...idArgument)
    .option(...hostOption)
    .json()
    .example('forge mitigation show m-8c1f')
    .action(async (id: string, { host, json }: Options) => {
      const { showMitigation } = await import('../mitigations/mitigations.js');
      await showMitigation(id, { host, json: json === true });
    });
}

function addDecision(group: ForgeCommand, name: 'approve' | 'reject', description: string, example: string): void {
  group
    .command(name)
    .description(description)
    .argument(...idArgument)
    .option(...reasonOption)
    .option(...hostOption)
    .json()
    .example(example)
    .action(async (id: string, { reason, host, json }: Options) => {
      const { decideOn } = await import('../mitigations/mitigations.js');
      await decideOn(name, id, { reason, host, json: json === true });
    });
}

function addRelease(group: ForgeCommand): void {
  const command = group
    .command('release')
    .description('take a mitigation back before its time, or all that are in force')
    .argument('[id]', idArgument[1])
    .option('--all', 'every mitigation in force')
    .option(...reasonOption)
    .option(...hostOption)
    .json()
    .example("forge mitigation release m-8c1f --reason 'false alarm'")
    .example('forge mitigation release --all', 'everything, everywhere')
    .action(async (id: string | undefined, { all, reason, host, json }: Options & { readonly all?: boolean }) => {
      if ((id === undefined) === (all !== true)) {
        command.error('error: name one mitigation, or give --all', { exitCode: exitCodes.usage });
      }
      const { releaseAll, releaseOne } = await import('../mitigations/mitigations.js');
      const options = { reason, host, json: json === true };
      await (id === undefined ? releaseAll(options) : releaseOne(id, options));
    });
}

function addSwitch(group: ForgeCommand, name: string, isPaused: boolean, description: string): void {
  group
    .command(name)
    .description(description)
    .option(...reasonOption)
    .option(...hostOption)
    .json()
    .example(`forge mitigation ${name}`)
    .action(async ({ reason, host, json }: Options) => {
      const { setPaused } = await import('../mitigations/mitigations.js');
      await setPaused(isPaused, { reason, host, json: json === true });
    });
}
