/** How a container gets its network (`--network`, Compose's `network_mode`). */
export type NetworkMode =
  | { readonly kind: 'host' }
  | { readonly kind: 'none' }
  /** The namespace of another container, by its id: `container:X`, Compose's `service:x`. */
  | { readonly kind: 'container'; readonly containerId: string }
  /** Networks of its own; `name` is the first one. */
  | { readonly kind: 'network'; readonly name: string };

/** Reads `HostConfig.NetworkMode`. */
export function parseNetworkMode(mode: string): NetworkMode {
  if (mode === 'host' || mode === 'none') {
    return { kind: mode };
  }
  if (mode.startsWith('container:')) {
    return { kind: 'container', containerId: mode.slice('container:'.length) };
  }
  return { kind: 'network', name: mode === '' || mode === 'default' ? 'bridge' : mode };
}

/**
 * Why a container cannot be taken off the network, or undefined if it can. The engine disconnects neither from the host
 * network nor from another container's namespace: whoever wants such a container contained has to pause it.
 */
export function whyNotDetachable(mode: NetworkMode): string | undefined {
  switch (mode.kind) {
    case 'host':
      return 'it uses the network of the host, which the engine cannot take away';
    case 'container':
      return `it shares the network of container ${mode.containerId.slice(0, 12)}, which the engine cannot take away`;
    default:
      return undefined;
  }
}
