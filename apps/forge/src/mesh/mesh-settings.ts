import {
  type Environment,
  loadSettings,
  MeshSettings,
  natsCredentialsOf,
  RunnerSettings,
} from '@sentinel-forge/chassis';
import { DataDirectory } from '../embedded/data-directory.js';
import { type AccessRole, accessOf, type MeshAccess } from './mesh-access.js';

/** The settings of the tool, and the directory that they name. */
export interface ToolSettings {
  readonly mesh: MeshSettings;
  readonly runner: RunnerSettings;
  readonly directory: DataDirectory;
}

/** Reads the settings. Throws `FORGE_CONFIG_INVALID` that lists everything that is wrong with them. */
export function loadToolSettings(environment: Environment): ToolSettings {
  const [mesh, runner] = loadSettings([MeshSettings, RunnerSettings], environment);
  return { mesh, runner, directory: new DataDirectory(mesh.dataDir) };
}

/** How the mesh is reached, or undefined when nothing says where it is. */
export function findAccess(
  { mesh, runner, directory }: ToolSettings,
  environment: Environment,
  role: AccessRole,
): MeshAccess | undefined {
  const isNatsSet = Boolean(environment.NATS_URL || environment.NATS_URL_FILE);
  return accessOf(
    {
      natsUrls: isNatsSet ? mesh.natsUrls : undefined,
      credentials: natsCredentialsOf(mesh),
      token: runner.token,
      host: mesh.host,
      address: directory.findAddress(),
      secrets: directory.findSecrets(),
      operatorToken: directory.readToken(),
    },
    role,
  );
}
