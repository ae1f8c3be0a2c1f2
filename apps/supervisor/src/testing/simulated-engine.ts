import { ForgeError } from '@sentinel-forge/contracts';
import type { ContainerSnapshot, ContainerSummary, NetworkAttachment, NetworkMode } from '@sentinel-forge/docker';
import type { HealingEngine } from '../healing/healing.ports.js';
import type { ContainerEngine, RawEvidence } from '../response/container-engine.port.js';
import type { DockerCall } from '../response/docker-call.js';

/** What a simulated container is made of. */
export interface SimulatedContainer {
  readonly id: string;
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly networks?: readonly string[];
  readonly networkMode?: NetworkMode;
  readonly state?: ContainerSnapshot['state'];
  readonly health?: ContainerSnapshot['health'];
}

/**
 * A model of the engine, for stories that no real one would play on demand: killed between any two calls, ten thousand
 * times over. What it claims of the engine is what the tests of the docker tier measure.
 */
export class SimulatedEngine implements ContainerEngine, HealingEngine {
  readonly calls: DockerCall[] = [];
  readonly #containers = new Map<string, ContainerSnapshot>();
  #starts = 0;
  /** What a process that was just started finds of itself. */
  healthAfterStart: ContainerSnapshot['health'] = 'none';
  /** Called before every call; may throw, or never return. */
  before: (call: DockerCall | { readonly call: 'read' }) => Promise<void> = async () => undefined;

  add(container: SimulatedContainer): void {
    this.#containers.set(container.id, this.#snapshot(container));
  }

  remove(id: string): void {
    this.#containers.delete(id);
  }

  /** What a hand from outside does to a container. */
  change(id: string, change: Partial<ContainerSnapshot>): void {
    const container = this.#containers.get(id);
    if (container !== undefined) {
      this.#containers.set(id, { ...container, ...change });
    }
  }

  /** Looks without being noticed. */
  see(id: string): ContainerSnapshot | undefined {
    return this.#containers.get(id);
  }

  /** What was asked of one container, in words. */
  callsOn(id: string): readonly string[] {
    return this.calls.filter((call) => call.id === id).map(({ call }) => call);
  }

  async inspect(id: string): Promise<ContainerSnapshot | undefined> {
    await this.before({ call: 'read' });
    return this.#containers.get(id);
  }

  async listUnhealthy(): Promise<readonly string[]> {
    await this.before({ call: 'read' });
    return [...this.#containers.values()]
      .filter(({ state, health }) => state === 'running' && health === 'unhealthy')
      .map(({ id }) => id);
  }

  async list(): Promise<readonly ContainerSummary[]> {
    await this.before({ call: 'read' });
    return [...this.#containers.values()];
  }

  async isOnNetwork(network: string, containerId: string): Promise<boolean> {
    await this.before({ call: 'read' });
    const container = this.#containers.get(containerId);
    return (
      container?.state !== 'exited' && (container?.networks.some(({ networkName }) => networkName === network) ?? false)
    );
  }

  async readEvidence(): Promise<RawEvidence> {
    await this.before({ call: 'read' });
    return { inspect: {}, logs: [], changes: [], processes: [], missing: [] };
  }

  async perform(call: DockerCall): Promise<void> {
    await this.before(call);
    const container = this.#containers.get(call.id);
    if (container === undefined) {
      throw new ForgeError('FORGE_DOCKER_NOT_FOUND', `no container ${call.id}`);
    }
    this.calls.push(call);
    this.#containers.set(call.id, { ...container, ...this.#changeOf(call, container) });
  }

  #changeOf(call: DockerCall, container: ContainerSnapshot): Partial<ContainerSnapshot> {
    switch (call.call) {
      case 'restart':
      case 'start':
        return call.call === 'start' && container.state === 'running' ? {} : this.#started();
      case 'stop':
      case 'kill':
        return { state: 'exited', pid: 0 };
      case 'pause':
        return container.state === 'running' ? { state: 'paused' } : {};
      case 'unpause':
        return container.state === 'paused' ? { state: 'running' } : {};
      case 'detach':
        return { networks: container.networks.filter(({ networkName }) => networkName !== call.networkName) };
      case 'attach':
        return {
          networks: [
            ...container.networks,
            { ...attachmentTo(call.attachment.networkName), requested: call.attachment.requested },
          ],
        };
      case 'throttle':
        return { limits: { ...container.limits, nanoCpus: (call.throttle.cpus ?? 0) * 1e9 } };
      case 'unthrottle':
        return { limits: call.former };
      case 'commit':
        return {};
    }
  }

  #started(): Partial<ContainerSnapshot> {
    this.#starts += 1;
    return {
      state: 'running',
      pid: 1,
      health: this.healthAfterStart,
      startedAt: `2026-01-01T00:00:00.${String(this.#starts).padStart(9, '0')}Z`,
    };
  }

  #snapshot({
    id,
    name = id,
    labels = {},
    networks = [],
    networkMode,
    state = 'running',
    health = 'none',
  }: SimulatedContainer): ContainerSnapshot {
    return {
      id,
      name,
      image: 'victim',
      imageId: 'sha256:0',
      labels,
      networkMode: networkMode ?? { kind: 'network', name: networks[0] ?? 'bridge' },
      exitCode: 0,
      isOomKilled: false,
      pid: 1,
      createdAt: '2026-01-01T00:00:00Z',
      restartPolicy: { name: 'no', maximumRetryCount: 0 },
      restartCount: 0,
      networks: networks.map(attachmentTo),
      limits: { nanoCpus: 0, cpuQuotaMicros: 0, cpuPeriodMicros: 0, memoryBytes: 0, memorySwapBytes: 0, pidsLimit: 0 },
      hasTty: false,
      ...this.#started(),
      state,
      health,
    };
  }
}

function attachmentTo(networkName: string): NetworkAttachment {
  return {
    networkName,
    endpointId: `endpoint-${networkName}`,
    requested: { aliases: [], links: [], driverOpts: {}, linkLocalAddresses: [] },
    assigned: {},
  };
}
