import type { Environment } from '@sentinel-forge/chassis';
import { messageOf } from '@sentinel-forge/contracts';
import { DockerEngine } from '@sentinel-forge/docker';
import { type Check, fail, ok, warn } from './check.js';

/** Whether the Docker engine answers. */
export function dockerCheck(environment: Environment): Check {
  return {
    name: 'Docker',
    look: async () => {
      try {
        const { version, containersRunning } = await new DockerEngine(
          environment.DOCKER_HOST ? { dockerHost: environment.DOCKER_HOST } : {},
        ).info();
        return ok(`${version}, ${containersRunning} containers run`);
      } catch (error) {
        return warn(
          messageOf(error),
          'start the engine, or set DOCKER_HOST: until then nothing is healed and no mitigation carried out',
        );
      }
    },
  };
}

/** Whether people would be told of anything. */
export function channelsCheck(environment: Environment): Check {
  const isSet = (name: string): boolean => Boolean(environment[name] || environment[`${name}_FILE`]);
  const channels = [...(isSet('SMTP_URL') ? ['email'] : []), ...(isSet('NOTIFY_WEBHOOK_URL') ? ['webhook'] : [])];
  return {
    name: 'notices',
    look: () =>
      channels.length > 0
        ? ok(`by ${channels.join(' and ')}`)
        : warn(
            'neither email nor webhook is set up: nobody is told of anything',
            'set SMTP_URL or NOTIFY_WEBHOOK_URL where the mesh is started',
          ),
  };
}

/** Whether tokens can be verified, where no embedded mesh makes a key of its own. */
export function tokenKeyCheck(environment: Environment, isEmbedded: boolean): Check {
  const isSet = ['FORGE_JWT_SECRET', 'FORGE_JWT_SECRET_FILE', 'FORGE_JWKS_URL'].some((name) =>
    Boolean(environment[name]),
  );
  return {
    name: 'key of tokens',
    look: () => {
      if (isSet) {
        return ok('from the settings');
      }
      return isEmbedded
        ? ok('made by the mesh, and kept in the data directory')
        : fail('there is none', 'set FORGE_JWT_SECRET or FORGE_JWKS_URL to the same for every service');
    },
  };
}
