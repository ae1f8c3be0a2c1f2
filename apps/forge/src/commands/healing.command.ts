import type { ForgeCommand, JsonOption } from '../cli/forge-command.js';

interface Options extends JsonOption {
  readonly host?: string;
}

/** `forge healing`: what the healer does. */
export function addHealingCommand(program: ForgeCommand): void {
  const group = program
    .command('healing')
    .description('see which containers are healed and how it goes, and have one tried again that was given up');
  group
    .command('list')
    .description('list what the healer knows of each container, what needs an eye first')
    .option('--host <name>', 'only on this Docker host (default: every one that has a supervisor)')
    .json()
    .example('forge healing list')
    .action(async ({ host, json }: Options) => {
      const { listHealing } = await import('../healing/healing.js');
      await listHealing({ host, json: json === true });
    });
  group
    .command('rearm')
    .description('let the healer try a container again that it gave up')
    .argument('<container>', 'its name or id')
    .option('--host <name>', 'on this Docker host (default: whichever knows it)')
    .json()
    .example('forge healing rearm web-1')
    .action(async (container: string, { host, json }: Options) => {
      const { rearm } = await import('../healing/healing.js');
      await rearm(container, { host, json: json === true });
    });
}
