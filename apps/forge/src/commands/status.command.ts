import type { ForgeCommand, JsonOption } from '../cli/forge-command.js';

/** `forge status`: how the mesh is. */
export function addStatusCommand(program: ForgeCommand): void {
  program
    .command('status')
    .description(
      'show every service, how far its consumers are behind, dead letters, and Docker; exit code 1 when a service is not up',
    )
    .json()
    .example('forge status')
    .example('forge status --json | jq \'.services[] | select(.state != "up")\'')
    .action(async (options: JsonOption) => {
      const { showStatus } = await import('../status/status.js');
      await showStatus(options);
    });
}
