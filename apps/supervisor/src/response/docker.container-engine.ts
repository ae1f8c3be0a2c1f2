import { ForgeError, messageOf } from '@sentinel-forge/contracts';
import {
  type ContainerSnapshot,
  type ContainerSummary,
  type DockerEngine,
  isGone,
  refusalReasonOf,
} from '@sentinel-forge/docker';
import type { HealingEngine } from '../healing/healing.ports.js';
import type { OwnActs } from '../own-acts/own-acts.js';
import type { ContainerEngine, EvidencePart, RawEvidence } from './container-engine.port.js';
import type { DockerCall } from './docker-call.js';
import { Semaphore } from './semaphore.js';

/** Whoever waits for evidence waits with a container that may be doing harm. */
const evidenceTimeoutMs = 10_000;

/** However many containers something happens to at once, the engine is asked about so many at a time. */
const maxConcurrentReads = 32;

/** {@link ContainerEngine} and {@link HealingEngine} on a real Docker engine. */
export class DockerContainerEngine implements ContainerEngine, HealingEngine {
  readonly #reads = new Semaphore(maxConcurrentReads);

  constructor(
    private readonly docker: DockerEngine,
    private readonly ownActs: OwnActs,
  ) {}

  inspect(id: string): Promise<ContainerSnapshot | undefined> {
    return this.#reads.run(() => this.docker.containers.inspect(id).catch(undefinedIfGone));
  }

  /** Only what runs: a container that was stopped while it was unhealthy still counts as unhealthy to the engine. */
  async listUnhealthy(): Promise<readonly string[]> {
    const found = await this.docker.containers.list({ health: 'unhealthy', isRunning: true });
    return found.filter(({ state }) => state === 'running').map(({ id }) => id);
  }

  list(): Promise<readonly ContainerSummary[]> {
    return this.docker.containers.list();
  }

  async isOnNetwork(network: string, containerId: string): Promise<boolean> {
    const members = await this.#reads.run(() => this.docker.networks.members(network).catch(undefinedIfGone));
    return members?.some((member) => member.containerId === containerId) ?? false;
  }

  perform(call: DockerCall): Promise<void> {
    return this.ownActs.during(call.id, () => this.#perform(call));
  }

  async #perform(call: DockerCall): Promise<void> {
    const { containers, networks, evidence } = this.docker;
    const { id } = call;
    switch (call.call) {
      case 'restart':
        return void (await containers.restart(id, { stopTimeoutSeconds: call.stopTimeoutSeconds }));
      case 'stop':
        return void (await containers.stop(id, { stopTimeoutSeconds: call.stopTimeoutSeconds }));
      case 'start':
        return void (await containers.start(id));
      case 'kill':
        return void (await containers.kill(id));
      case 'pause':
        return void (await containers.pause(id));
      case 'unpause':
        return void (await containers.unpause(id));
      case 'detach':
        return void (await networks.detach(id, call.networkId ?? call.networkName));
      case 'attach':
        return networks.attach(id, call.attachment).catch(ignoreIfAttached);
      case 'throttle':
        return void (await containers.throttle(id, call.throttle, call.limits));
      case 'unthrottle':
        return containers.unthrottle(id, call.former);
      case 'commit':
        return void (await evidence.commit(id, { repository: call.repository, tag: call.tag }));
    }
  }

  async readEvidence(id: string, tailLines: number, parts: readonly EvidencePart[]): Promise<RawEvidence> {
    const { containers, evidence } = this.docker;
    const missing: string[] = [];
    const part = async (name: EvidencePart, read: () => Promise<unknown>): Promise<unknown> => {
      try {
        return parts.includes(name) ? await withDeadline(name, read()) : undefined;
      } catch (error) {
        missing.push(`${name} (${messageOf(error)})`);
        return undefined;
      }
    };
    const [inspect, logs, changes, processes] = await Promise.all([
      part('inspect', () => containers.inspectRaw(id)),
      part('logs', () => evidence.logs(id, { tail: tailLines, hasTimestamps: true })),
      part('changes', () => evidence.diff(id)),
      part('processes', () => evidence.top(id)),
    ]);
    return { inspect, logs, changes, processes, missing };
  }
}

async function withDeadline(name: string, read: Promise<unknown>): Promise<unknown> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new ForgeError('FORGE_DOCKER_TIMEOUT', `no ${name} within ${evidenceTimeoutMs} ms`)),
    evidenceTimeoutMs,
  );
  try {
    return await Promise.race([read, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function undefinedIfGone(error: unknown): undefined {
  if (!isGone(error)) {
    throw error;
  }
}

/** It is on the network already, perhaps by our own hand a moment before we were killed; what differs is remarked upon. */
function ignoreIfAttached(error: unknown): void {
  if (refusalReasonOf(error) !== 'already-attached') {
    throw error;
  }
}
