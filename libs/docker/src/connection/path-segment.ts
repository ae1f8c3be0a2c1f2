import { ForgeError } from '@sentinel-forge/contracts';

/**
 * A container's or network's name or id, made safe for the engine's URL. Names come from telemetry, and dockerode pastes
 * them in as they are: `x/../../images` would be another endpoint, and an empty one the list of everything.
 *
 * @throws ForgeError FORGE_DOCKER_NOT_FOUND for what can be no name.
 */
export function pathSegment(reference: string): string {
  // The engine decodes before it resolves "..": encoding a slash would not be enough.
  if (reference === '' || reference.includes('/') || /^\.+$/.test(reference)) {
    throw new ForgeError('FORGE_DOCKER_NOT_FOUND', `"${reference}" is no name or id of a container or network`, {
      details: { target: reference },
    });
  }
  return encodeURIComponent(reference);
}
