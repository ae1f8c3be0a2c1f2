import { main } from '@sentinel-forge/chassis';
import { appNames, ForgeError, isAppName } from '@sentinel-forge/contracts';
import { loadService } from './services.js';

/** Runs one service until a signal ends it. */
export async function runApp(app: string): Promise<void> {
  if (!isAppName(app)) {
    throw new ForgeError('FORGE_CONFIG_INVALID', `"${app}" is no app of the mesh; there are ${appNames.join(', ')}`);
  }
  await main(await loadService(app));
}
