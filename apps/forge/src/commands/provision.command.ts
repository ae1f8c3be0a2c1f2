import type { ForgeCommand, JsonOption } from '../cli/forge-command.js';
import { parseList } from '../cli/option-values.js';

interface ProvisionOptions extends JsonOption {
  readonly dryRun?: boolean;
  readonly hosts?: readonly string[];
}

/** `forge provision`: streams, consumers and buckets. */
export function addProvisionCommand(program: ForgeCommand): void {
  program
    .command('provision')
    .description(
      'make the streams, consumers and buckets that the mesh declares, and bring existing ones in line; deletes nothing',
    )
    .option('--dry-run', 'say what would be done, and do nothing')
    .option(
      '--hosts <names>',
      'the Docker hosts of the mesh, parted by commas; each has a consumer of its own (default: FORGE_HOST)',
      parseList,
    )
    .json()
    .example('forge provision --dry-run', 'what differs from the declaration')
    .example('NATS_URL=nats://nats:4222 FORGE_REPLICAS=3 forge provision --hosts web-1,web-2')
    .action(async ({ dryRun, hosts, json }: ProvisionOptions) => {
      const { provisionMesh } = await import('../provision/provision.js');
      const given = hosts === undefined ? {} : { hosts };
      await provisionMesh({ isDryRun: dryRun === true, ...given, json: json === true });
    });
}
