import { randomBytes, randomInt } from 'node:crypto';
import Docker from 'dockerode';
import { createdLabel, labLabel } from './lab-labels.js';
import { LabNetwork } from './lab-network.js';
import { Victim, type VictimOptions, victimSpec } from './victim.js';
import { victimImage } from './victim-image.js';

/** What is older was left behind by a run that could not clean up. */
const staleAfterMs = 60 * 60 * 1_000;
const subnetAttempts = 50;

/**
 * Real containers and networks for one test file, with names and labels of its own, all removed by `close`.
 *
 * ```ts
 * await using lab = await DockerLab.open();
 * const network = await lab.network({ hasFixedSubnet: true });
 * const victim = await lab.victim({ networks: [{ network, ipv4Address: network.address(50) }], echoPort: 7 });
 * ```
 */
export class DockerLab implements AsyncDisposable {
  /** The engine, for what the lab has no words for; by DOCKER_HOST. */
  readonly docker: Docker;
  /** The value of the label {@link labLabel} on everything of this lab. */
  readonly id: string;
  /** The tag of the victims' image. */
  readonly image: string;
  #count = 0;

  private constructor(docker: Docker, id: string, image: string) {
    this.docker = docker;
    this.id = id;
    this.image = image;
  }

  /** Sweeps what earlier runs left behind, and builds the image if it is not there. */
  static async open(): Promise<DockerLab> {
    const docker = new Docker();
    await sweep(docker, labLabel, (labels) => Date.now() - Number(labels[createdLabel]) > staleAfterMs);
    return new DockerLab(docker, randomBytes(4).toString('hex'), await victimImage(docker));
  }

  /** The labels that make something part of this lab, for what a test creates by itself. */
  get labels(): Readonly<Record<string, string>> {
    return { [labLabel]: this.id, [createdLabel]: String(Date.now()) };
  }

  /** A name that nobody else has. */
  uniqueName(role: string): string {
    this.#count += 1;
    return `forge-${this.id}-${role}-${this.#count}`;
  }

  /** A container, started unless the options say otherwise. */
  async victim(options: VictimOptions = {}): Promise<Victim> {
    const name = options.name ?? this.uniqueName('victim');
    const container = await this.docker.createContainer(
      victimSpec({ ...options, labels: { ...options.labels, ...this.labels } }, this.image, name),
    );
    for (const { network, ...place } of options.networks?.slice(1) ?? []) {
      await network.attach(container.id, place);
    }
    if (options.isStarted !== false) {
      await container.start();
    }
    return new Victim(this.docker, container.id, name);
  }

  /** A bridge network. Only one with a fixed subnet takes static addresses; its subnet overlaps with no other. */
  async network(options: { readonly hasFixedSubnet?: boolean } = {}): Promise<LabNetwork> {
    const name = this.uniqueName('network');
    if (options.hasFixedSubnet !== true) {
      const { id } = await this.docker.createNetwork({ Name: name, Labels: this.labels });
      return new LabNetwork(this.docker, id, name);
    }
    for (let attempt = 0; attempt < subnetAttempts; attempt += 1) {
      const prefix = `10.${randomInt(128, 255)}.${randomInt(0, 256)}`;
      try {
        const { id } = await this.docker.createNetwork({
          Name: name,
          Labels: this.labels,
          IPAM: { Driver: 'default', Config: [{ Subnet: `${prefix}.0/24` }] },
        });
        return new LabNetwork(this.docker, id, name, prefix);
      } catch (error) {
        if (!/overlaps/i.test(String(error))) {
          throw error;
        }
      }
    }
    throw new Error(`no free subnet for a test network in ${subnetAttempts} attempts`);
  }

  /** Removes every container and network of this lab. */
  async close(): Promise<void> {
    await sweep(this.docker, `${labLabel}=${this.id}`, () => true);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

type Labels = Readonly<Record<string, string>>;

/** Containers first: a network with somebody on it stays. */
async function sweep(docker: Docker, label: string, isWaste: (labels: Labels) => boolean): Promise<void> {
  const filters = { label: [label] };
  const containers = await docker.listContainers({ all: true, filters });
  await Promise.all(
    containers
      .filter(({ Labels }) => isWaste(Labels))
      .map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true }).catch(ignoreIfGone)),
  );
  const networks = await docker.listNetworks({ filters });
  await Promise.all(
    networks
      .filter(({ Labels }) => isWaste(Labels ?? {}))
      .map(({ Id }) => docker.getNetwork(Id).remove().catch(ignoreIfGone)),
  );
}

/** A test may have removed it, or another sweep is just removing it. */
function ignoreIfGone(error: unknown): void {
  const status = (error as { statusCode?: number }).statusCode;
  if (status !== 404 && status !== 409) {
    throw error;
  }
}
