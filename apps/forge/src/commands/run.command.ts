import type { ForgeCommand } from '../cli/forge-command.js';

/** `forge run`: one service as a process. */
export function addRunCommand(program: ForgeCommand): void {
  program
    .command('run')
    .description('run one service as a process of its own, against the nats-server that NATS_URL names')
    .argument(
      '<app>',
      'sentinelcore, supervisor, notification-dispatcher, log-indexer, hardening-auditor or task-registry',
    )
    .example('NATS_URL=nats://nats:4222 FORGE_JWT_SECRET_FILE=/run/secrets/jwt forge run supervisor')
    .action(async (app: string) => {
      const { runApp } = await import('../embedded/run-app.js');
      await runApp(app);
    });
}
