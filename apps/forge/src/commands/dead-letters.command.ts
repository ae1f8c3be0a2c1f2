import type { ForgeCommand, JsonOption } from '../cli/forge-command.js';
import { parsePositiveInteger } from '../cli/option-values.js';

const defaultLimit = 100;

/** `forge dead-letters`: what could not be handled. */
export function addDeadLettersCommand(program: ForgeCommand): void {
  const group = program
    .command('dead-letters')
    .description('see what could not be handled and why, and have it handled again');
  group
    .command('list')
    .description('list dead letters, newest last')
    .option('--limit <count>', 'at most so many', parsePositiveInteger, defaultLimit)
    .json()
    .example('forge dead-letters list')
    .action(async ({ limit, json }: JsonOption & { readonly limit: number }) => {
      const { listAll } = await import('../dead-letters/dead-letters.js');
      await listAll({ limit, json: json === true });
    });
  group
    .command('show')
    .description('show one with its headers and payload')
    .argument('<sequence>', 'as the list names it', parsePositiveInteger)
    .json()
    .example('forge dead-letters show 3')
    .action(async (sequence: number, options: JsonOption) => {
      const { showOne } = await import('../dead-letters/dead-letters.js');
      await showOne(sequence, options);
    });
  group
    .command('replay')
    .description('have the app that gave it up handle it again; it is removed when that went well')
    .argument('<sequence>', 'as the list names it', parsePositiveInteger)
    .option('--payload <json>', 'the mended payload: JSON, @file, or - for standard input')
    .json()
    .example('forge dead-letters replay 3', 'as it was, when the cause is gone')
    .example('forge dead-letters replay 3 --payload @mended.json')
    .action(async (sequence: number, { payload, json }: JsonOption & { readonly payload?: string }) => {
      const { replay } = await import('../dead-letters/dead-letters.js');
      await replay(sequence, payload, { json: json === true });
    });
}
