import type Docker from 'dockerode';

/** A container's place on a test network. */
export interface Place {
  readonly ipv4Address?: string;
  readonly aliases?: readonly string[];
  readonly links?: readonly string[];
  readonly driverOpts?: Readonly<Record<string, string>>;
}

/** A network of a {@link DockerLab}. */
export class LabNetwork {
  readonly id: string;
  readonly name: string;
  readonly #docker: Docker;
  readonly #prefix: string | undefined;

  constructor(docker: Docker, id: string, name: string, prefix?: string) {
    this.#docker = docker;
    this.id = id;
    this.name = name;
    this.#prefix = prefix;
  }

  /** The address with this last byte: 2 to 254 (1 is the gateway). Of a network with a fixed subnet. */
  address(lastByte: number): string {
    if (this.#prefix === undefined) {
      throw new Error(`${this.name} has no fixed subnet`);
    }
    return `${this.#prefix}.${lastByte}`;
  }

  /** As `docker network connect` does it. */
  async attach(containerId: string, place: Place = {}): Promise<void> {
    await this.#docker.getNetwork(this.id).connect({ Container: containerId, EndpointConfig: endpointOf(place) });
  }

  /** As `docker network disconnect` does it. */
  async detach(containerId: string): Promise<void> {
    await this.#docker.getNetwork(this.id).disconnect({ Container: containerId });
  }
}

/** The engine's `EndpointSettings` for a place. */
export function endpointOf({ ipv4Address, aliases, links, driverOpts }: Place): Docker.EndpointSettings {
  return {
    ...(ipv4Address === undefined ? {} : { IPAMConfig: { IPv4Address: ipv4Address } }),
    ...(aliases === undefined ? {} : { Aliases: [...aliases] }),
    ...(links === undefined ? {} : { Links: [...links] }),
    ...(driverOpts === undefined ? {} : { DriverOpts: { ...driverOpts } }),
  };
}
