import type { ForgeCommand, JsonOption } from '../cli/forge-command.js';
import { parseList } from '../cli/option-values.js';
import type { CredentialsRequest } from '../credentials/credentials-output.js';

interface CredentialsOptions extends JsonOption {
  readonly dir: string;
  readonly hosts?: readonly string[];
}

interface RotateOptions extends CredentialsOptions {
  readonly finish?: boolean;
}

/** `forge credentials`: who is let in by the nats-server, and the keys of tokens. */
export function addCredentialsCommand(program: ForgeCommand): void {
  const credentials = program
    .command('credentials')
    .description('make and rotate the keys with which the services reach NATS, and those of tokens');

  withDirectory(credentials.command('make'))
    .description('make what is missing: keys for every user, the accounts of the nats-server, the keys of tokens')
    .json()
    .example('forge credentials make --dir /etc/sentinel-forge/credentials --hosts web-1,web-2')
    .action(async (options: CredentialsOptions) => {
      const { printMade } = await import('../credentials/credentials-output.js');
      await printMade(requestOf(options));
    });

  withDirectory(credentials.command('rotate <user>'))
    .description(
      'give a user a new key; the old one is let in until the rotation is finished. `tokens`: the keys of tokens',
    )
    .option('--finish', 'have the old key refused')
    .json()
    .example(
      'forge credentials rotate supervisor --dir credentials',
      'and reload, restart, then the same with --finish',
    )
    .action(async (user: string, options: RotateOptions) => {
      const { printRotated } = await import('../credentials/credentials-output.js');
      await printRotated(user, options.finish === true, requestOf(options));
    });
}

function withDirectory(command: ForgeCommand): ForgeCommand {
  return command
    .requiredOption('--dir <directory>', 'where they are kept: a folder for each user, and `nats` for the server')
    .option(
      '--hosts <names>',
      'the Docker hosts of the mesh, parted by commas; each has a supervisor of its own (default: FORGE_HOST)',
      parseList,
    );
}

function requestOf({ dir, hosts, json }: CredentialsOptions): CredentialsRequest {
  return { directory: dir, hosts, json: json === true };
}
