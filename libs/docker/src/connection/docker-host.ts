import { ForgeError } from '@sentinel-forge/contracts';

/** Where the engine listens unless `DOCKER_HOST` says otherwise. */
export const defaultDockerHost = 'unix:///var/run/docker.sock';

/** The engine's address, as a stream socket. */
export type DockerHost =
  | { readonly kind: 'unix'; readonly socketPath: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/**
 * Reads a `DOCKER_HOST`: `unix:///path`, `tcp://host[:2375]` or `http://host:port`.
 *
 * @throws ForgeError FORGE_CONFIG_INVALID for anything else (ssh, npipe, TLS: put a socket proxy in between).
 */
export function parseDockerHost(dockerHost: string): DockerHost {
  if (dockerHost.startsWith('unix://')) {
    const socketPath = dockerHost.slice('unix://'.length);
    if (socketPath.startsWith('/')) {
      return { kind: 'unix', socketPath };
    }
  }
  const url = URL.parse(dockerHost);
  if (url !== null && (url.protocol === 'tcp:' || url.protocol === 'http:') && url.hostname !== '') {
    return { kind: 'tcp', host: url.hostname, port: Number(url.port || (url.protocol === 'tcp:' ? 2375 : 80)) };
  }
  throw new ForgeError(
    'FORGE_CONFIG_INVALID',
    'DOCKER_HOST must look like unix:///var/run/docker.sock or tcp://127.0.0.1:2375',
    { details: { setting: 'DOCKER_HOST' } },
  );
}
