import type { ForgeCommand, JsonOption } from '../cli/forge-command.js';

/** `forge up`: the whole mesh in the foreground. */
export function addUpCommand(program: ForgeCommand): void {
  program
    .command('up')
    .description('start the whole mesh in the foreground, with a nats-server of its own unless NATS_URL is set')
    .json('print what was started as one line of JSON; log records follow')
    .example('forge up')
    .example('FORGE_DATA_DIR=/var/lib/forge forge up')
    .example('NATS_URL=nats://nats:4222 forge up')
    .action(async (options: JsonOption) => {
      const { up } = await import('../embedded/up.js');
      await up(options);
    });
}
