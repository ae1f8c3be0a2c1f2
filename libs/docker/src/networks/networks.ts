import { ForgeError } from '@sentinel-forge/contracts';
import type { EngineConnection } from '../connection/engine-connection.js';
import { refusalReasonOf } from '../connection/engine-error.js';
import { pathSegment } from '../connection/path-segment.js';
import type { Effect } from '../containers/containers.js';
import { isInside } from './addresses.js';
import { type NetworkAttachment, type RequestedEndpoint, toEndpointConfig } from './network-attachment.js';

/** A network and who is on it right now. */
export interface NetworkSnapshot {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly isInternal: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** CIDR; an automatic one too, on which no static address can be asked for. */
  readonly subnets: readonly string[];
  readonly members: readonly NetworkMember[];
}

/** A running container on a network, as the network sees it. */
export interface NetworkMember {
  readonly containerId: string;
  readonly containerName: string;
  readonly endpointId: string;
  /** Without the prefix length. */
  readonly ipv4Address?: string;
  readonly ipv6Address?: string;
}

/** What {@link Networks.attach} needs of a {@link NetworkAttachment}. */
export type WantedAttachment = Pick<NetworkAttachment, 'networkName' | 'networkId' | 'requested'>;

/** The networks of one engine, and who is on them. */
export class Networks {
  readonly #engine: EngineConnection;

  constructor(engine: EngineConnection) {
    this.#engine = engine;
  }

  /** By id or name. */
  async inspect(network: string): Promise<NetworkSnapshot> {
    const call = { operation: 'inspect network', target: network };
    return parseNetwork(await this.#engine.json<EngineNetwork>(call, `/networks/${pathSegment(network)}`));
  }

  /**
   * Who is on a network: the other side of `ContainerSnapshot.networks`, so that an isolation can be verified from both.
   * Of this engine only, and running containers only.
   */
  async members(network: string): Promise<readonly NetworkMember[]> {
    return (await this.inspect(network)).members;
  }

  /**
   * Puts a container on a network, as it was on it before. Fails with
   * - FORGE_DOCKER_ADDRESS_IN_USE if another container took the static address (`details.holderId`, if it was seen);
   * - FORGE_DOCKER_CONFLICT, reason `already-attached`: compare what is there with what was wanted;
   * - FORGE_DOCKER_REFUSED, reason `shared-network-namespace`, for the host network or another container's.
   *
   * On a stopped container a taken address only shows when it is started.
   */
  async attach(containerId: string, attachment: WantedAttachment): Promise<void> {
    const { requested, networkName, networkId: network = networkName } = attachment;
    await this.#assertAddressesFree(containerId, network, requested);
    await this.#engine.call({
      operation: `connect to network ${networkName}`,
      target: containerId,
      run: (docker, abortSignal) =>
        docker.getNetwork(pathSegment(network)).connect(connectOptions(containerId, requested, abortSignal)),
    });
  }

  /**
   * Takes a container off a network; being off it already is no error. The container keeps running, and stays off over
   * restarts. Its open TCP sessions freeze and **resume when it is attached again**: restart it in between.
   * `isForced` also removes an endpoint that the network's driver no longer knows.
   *
   * Ask `whyNotDetachable` first: on the host network this fails with FORGE_DOCKER_REFUSED, reason `host-network`, but a
   * container in another one's namespace is on no network of its own, so that it looks detached and is not.
   */
  async detach(containerId: string, network: string, options: { readonly isForced?: boolean } = {}): Promise<Effect> {
    try {
      await this.#engine.call({
        operation: `disconnect from network ${network}`,
        target: containerId,
        run: (docker, abortSignal) =>
          docker
            .getNetwork(pathSegment(network))
            .disconnect({ Container: containerId, Force: options.isForced ?? false, abortSignal }),
      });
      return 'changed';
    } catch (error) {
      if (refusalReasonOf(error) === 'not-attached') {
        return 'unchanged';
      }
      throw error;
    }
  }

  /**
   * Looks before the engine does: a connect that fails on its address leaves a ghost (see `isGhost`), and one on a running
   * container cannot be removed. In the moment between look and connect, the engine's own answer remains.
   */
  async #assertAddressesFree(containerId: string, network: string, requested: RequestedEndpoint): Promise<void> {
    const addresses = [requested.ipv4Address, requested.ipv6Address].filter((address) => address !== undefined);
    if (addresses.length === 0) {
      return;
    }
    const { name, subnets, members } = await this.inspect(network);
    for (const address of addresses) {
      const details = { target: containerId, network: name, address };
      if (!isInside(address, subnets)) {
        throw new ForgeError('FORGE_DOCKER_REFUSED', `${address} is in no subnet of network ${name}`, {
          details: { ...details, reason: 'address-outside-subnet' },
        });
      }
      const holder = members.find((member) => member.ipv4Address === address || member.ipv6Address === address);
      if (holder !== undefined && holder.containerId !== containerId) {
        throw new ForgeError(
          'FORGE_DOCKER_ADDRESS_IN_USE',
          `container ${holder.containerName} holds ${address} on network ${name}: free it, then try again`,
          { details: { ...details, reason: 'address-in-use', holderId: holder.containerId } },
        );
      }
    }
  }
}

/** Typed loosely: dockerode's own type knows neither the signal nor every field of an endpoint. */
function connectOptions(containerId: string, requested: RequestedEndpoint, abortSignal: AbortSignal): object {
  return { Container: containerId, EndpointConfig: toEndpointConfig(requested), abortSignal };
}

/** The engine's `GET /networks/{id}`, as far as it is read here. */
interface EngineNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly Driver?: string;
  readonly Internal?: boolean;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] | null } | null;
  readonly Containers?: Readonly<
    Record<string, { Name?: string; EndpointID?: string; IPv4Address?: string; IPv6Address?: string }>
  > | null;
}

function parseNetwork(network: EngineNetwork): NetworkSnapshot {
  return {
    id: network.Id,
    name: network.Name,
    driver: network.Driver ?? '',
    isInternal: network.Internal ?? false,
    labels: network.Labels ?? {},
    subnets: (network.IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet ? [Subnet] : [])),
    members: Object.entries(network.Containers ?? {})
      // A swarm network also lists the endpoint of its load balancer, which is no container.
      .filter(([containerId]) => /^[0-9a-f]{64}$/.test(containerId))
      .map(([containerId, member]) => ({
        containerId,
        containerName: member.Name ?? '',
        endpointId: member.EndpointID ?? '',
        ...addressOf('ipv4Address', member.IPv4Address),
        ...addressOf('ipv6Address', member.IPv6Address),
      })),
  };
}

function addressOf<K extends string>(key: K, cidr: string | undefined): { readonly [key in K]?: string } {
  const address = cidr?.split('/')[0];
  return (address ? { [key]: address } : {}) as { readonly [key in K]?: string };
}
