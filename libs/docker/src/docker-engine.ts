import { defaultDockerHost } from './connection/docker-host.js';
import { EngineConnection } from './connection/engine-connection.js';
import { Containers } from './containers/containers.js';
import { DockerEvents, type DockerEventsOptions } from './events/docker-events.js';
import { Evidence } from './evidence/evidence.js';
import { Networks } from './networks/networks.js';

/** Where the engine is, and how patient to be with it. */
export interface DockerEngineOptions {
  /** As in DOCKER_HOST: `unix:///path` or `tcp://host:port`; default `unix:///var/run/docker.sock`. */
  readonly dockerHost?: string;
  /** The deadline of an ordinary call; default 15 s. Calls that wait for a container to stop have longer ones. */
  readonly callTimeoutMs?: number;
}

/** Which engine this is, and on what. */
export interface EngineInfo {
  /** Stays the same over restarts of the engine and of the host. */
  readonly id: string;
  readonly hostname: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly operatingSystem: string;
  readonly kernelVersion: string;
  readonly cgroupVersion: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly containersRunning: number;
  /** Whether containers survive a restart of the engine. */
  readonly isLiveRestore: boolean;
}

const defaultCallTimeoutMs = 15_000;
const pingTimeoutMs = 3_000;

/**
 * The one door to a Docker engine. Making one never fails for want of an engine: calls then fail with
 * FORGE_DOCKER_UNAVAILABLE, which is retryable, and {@link DockerEngine.events} waits for it.
 *
 * Every call has a deadline, and every failure is a ForgeError of the FORGE_DOCKER family, with the engine's HTTP
 * `status` and, where it can be told, the `reason` in its details.
 */
export class DockerEngine {
  readonly containers: Containers;
  readonly networks: Networks;
  readonly evidence: Evidence;
  readonly #connection: EngineConnection;

  /** @throws ForgeError FORGE_CONFIG_INVALID if `dockerHost` is no address. */
  constructor(options: DockerEngineOptions = {}) {
    const { dockerHost = defaultDockerHost, callTimeoutMs = defaultCallTimeoutMs } = options;
    this.#connection = new EngineConnection(dockerHost, callTimeoutMs);
    this.containers = new Containers(this.#connection);
    this.networks = new Networks(this.#connection);
    this.evidence = new Evidence(this.#connection, this.containers);
  }

  /** Whether the engine answers, within 3 s. */
  async ping(): Promise<void> {
    await this.#connection.json({ operation: 'ping', timeoutMs: pingTimeoutMs }, '/_ping');
  }

  async info(): Promise<EngineInfo> {
    const call = { operation: 'read engine info' };
    const [info, version] = await Promise.all([
      this.#connection.json<RawInfo>(call, '/info'),
      this.#connection.json<{ readonly ApiVersion: string }>(call, '/version'),
    ]);
    return {
      id: info.ID,
      hostname: info.Name,
      version: info.ServerVersion,
      apiVersion: version.ApiVersion,
      operatingSystem: info.OperatingSystem,
      kernelVersion: info.KernelVersion,
      cgroupVersion: info.CgroupVersion ?? '1',
      cpus: info.NCPU,
      memoryBytes: info.MemTotal,
      containersRunning: info.ContainersRunning,
      isLiveRestore: info.LiveRestoreEnabled ?? false,
    };
  }

  /** Starts to follow the engine's events; close what it returns. */
  events(options: DockerEventsOptions = {}): DockerEvents {
    return new DockerEvents(this.#connection, options);
  }
}

/** The engine's `GET /info`, as far as it is read here. */
interface RawInfo {
  readonly ID: string;
  readonly Name: string;
  readonly ServerVersion: string;
  readonly OperatingSystem: string;
  readonly KernelVersion: string;
  readonly CgroupVersion?: string;
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly ContainersRunning: number;
  readonly LiveRestoreEnabled?: boolean;
}
