/** A container's place on one network: what somebody asked for, and what the engine gave it. */
export interface NetworkAttachment {
  /** Missing for a container that has not been started since it was attached. */
  readonly networkId?: string;
  readonly networkName: string;
  /** Missing while the container does not run, and on a ghost (see {@link isGhost}). */
  readonly endpointId?: string;
  readonly requested: RequestedEndpoint;
  readonly assigned: AssignedEndpoint;
}

/** What a restore asks for again, exactly. */
export interface RequestedEndpoint {
  /** Without the short container id, which the engine adds by itself. */
  readonly aliases: readonly string[];
  /** `container:alias`. */
  readonly links: readonly string[];
  readonly driverOpts: Readonly<Record<string, string>>;
  /** Static addresses only. */
  readonly ipv4Address?: string;
  readonly ipv6Address?: string;
  readonly linkLocalAddresses: readonly string[];
  readonly macAddress?: string;
  /** Which network gives the default gateway; engine 28 and later. */
  readonly gatewayPriority?: number;
}

/** What the engine gave, static or dynamic; nothing while the container does not run. */
export interface AssignedEndpoint {
  readonly ipv4Address?: string;
  readonly ipv6Address?: string;
  readonly macAddress?: string;
}

/** The engine's `EndpointSettings`, as far as it is read here. Every field is missing, null or empty at times. */
export interface EngineEndpoint {
  readonly NetworkID?: string | null;
  readonly EndpointID?: string | null;
  readonly IPAMConfig?: {
    readonly IPv4Address?: string | null;
    readonly IPv6Address?: string | null;
    readonly LinkLocalIPs?: readonly string[] | null;
  } | null;
  readonly Aliases?: readonly string[] | null;
  readonly Links?: readonly string[] | null;
  readonly DriverOpts?: Readonly<Record<string, string>> | null;
  readonly MacAddress?: string | null;
  readonly GwPriority?: number | null;
  readonly IPAddress?: string | null;
  readonly GlobalIPv6Address?: string | null;
}

/** Reads one entry of `NetworkSettings.Networks`. `configuredMac` is what was asked for with `--mac-address`. */
export function parseAttachment(
  networkName: string,
  endpoint: EngineEndpoint,
  container: { readonly id: string; readonly configuredMac?: string | null },
): NetworkAttachment {
  const assigned: AssignedEndpoint = present({
    ipv4Address: endpoint.IPAddress,
    ipv6Address: endpoint.GlobalIPv6Address,
    macAddress: endpoint.MacAddress,
  });
  return {
    networkName,
    ...present({ networkId: endpoint.NetworkID, endpointId: endpoint.EndpointID }),
    requested: {
      aliases: (endpoint.Aliases ?? []).filter((alias) => alias !== container.id.slice(0, 12)),
      links: endpoint.Links ?? [],
      driverOpts: endpoint.DriverOpts ?? {},
      linkLocalAddresses: endpoint.IPAMConfig?.LinkLocalIPs ?? [],
      ...present({
        ipv4Address: endpoint.IPAMConfig?.IPv4Address,
        ipv6Address: endpoint.IPAMConfig?.IPv6Address,
        macAddress: isChosen(assigned, container.configuredMac) ? container.configuredMac : undefined,
        gatewayPriority: endpoint.GwPriority,
      }),
    },
    assigned,
  };
}

/**
 * The endpoint to ask the engine for, so that an attachment becomes what it was. Dynamic addresses are left out: on a
 * network without a subnet of its own configuration (every default Compose network) the engine refuses a fixed address.
 */
export function toEndpointConfig(requested: RequestedEndpoint): EngineEndpoint {
  const { aliases, links, driverOpts, linkLocalAddresses, macAddress, gatewayPriority } = requested;
  const ipam = {
    ...(requested.ipv4Address === undefined ? {} : { IPv4Address: requested.ipv4Address }),
    ...(requested.ipv6Address === undefined ? {} : { IPv6Address: requested.ipv6Address }),
    ...(linkLocalAddresses.length === 0 ? {} : { LinkLocalIPs: linkLocalAddresses }),
  };
  return {
    ...(aliases.length === 0 ? {} : { Aliases: aliases }),
    ...(links.length === 0 ? {} : { Links: links }),
    ...(Object.keys(driverOpts).length === 0 ? {} : { DriverOpts: driverOpts }),
    ...(Object.keys(ipam).length === 0 ? {} : { IPAMConfig: ipam }),
    ...(macAddress === undefined ? {} : { MacAddress: macAddress }),
    ...(gatewayPriority === undefined ? {} : { GwPriority: gatewayPriority }),
  };
}

/**
 * Whether a running container is listed on this network without being on it. A connect that fails on a taken address
 * leaves such an entry, and with it the container's next start fails with the same "Address already in use". It goes with
 * the next connect that succeeds, or with a disconnect while the container is stopped; a running one cannot be rid of it.
 */
export function isGhost(attachment: NetworkAttachment, isRunning: boolean): boolean {
  return isRunning && attachment.endpointId === undefined;
}

/**
 * Whether this is the network for which a MAC address was chosen. That one was made up is not to be seen from it: until
 * engine 28 it follows from the IPv4 address, and asking for it again would take it from whom the address goes to; since
 * then it is random.
 */
function isChosen({ macAddress }: AssignedEndpoint, configuredMac: string | null | undefined): boolean {
  return macAddress === undefined || macAddress === configuredMac;
}

/** Without what is undefined, null, empty or 0: the engine's many ways of saying "nothing". */
function present<T extends Record<string, string | number | null | undefined>>(
  fields: T,
): { [K in keyof T]?: Exclude<T[K], null | undefined> } {
  const kept = Object.entries(fields).filter(([, value]) => Boolean(value));
  return Object.fromEntries(kept) as { [K in keyof T]?: Exclude<T[K], null | undefined> };
}
