import type { ForgeCommand, JsonOption } from '../cli/forge-command.js';
import { parsePositiveInteger } from '../cli/option-values.js';

interface ListOptions extends JsonOption {
  readonly trace?: string;
  readonly failed?: boolean;
  readonly limit: number;
}

const defaultLimit = 50;

/** `forge notices`: what people were told. */
export function addNoticesCommand(program: ForgeCommand): void {
  const group = program
    .command('notices')
    .description('see what people were told and what became of it, and send again what failed');
  group
    .command('list')
    .description('list notices, newest first')
    .option('--trace <id>', 'only those of this trace')
    .option('--failed', 'only those that were given up')
    .option('--limit <count>', 'at most so many', parsePositiveInteger, defaultLimit)
    .json()
    .example('forge notices list --failed')
    .example('forge notices list --trace 4bf92f3577b34da6a3ce929d0e0e4736')
    .action(async ({ trace, failed, limit, json }: ListOptions) => {
      const { listNotices } = await import('../notices/notices.js');
      const filter = { ...(trace === undefined ? {} : { traceId: trace }), ...(failed === true ? { failed } : {}) };
      await listNotices({ ...filter, limit }, { json: json === true });
    });
  group
    .command('replay')
    .description('send a notice again that was given up, under the same idempotency id')
    .argument('<id>', 'as the list names it')
    .json()
    .example('forge notices replay n-0f3a…')
    .action(async (id: string, options: JsonOption) => {
      const { replayNotice } = await import('../notices/notices.js');
      await replayNotice(id, options);
    });
}
