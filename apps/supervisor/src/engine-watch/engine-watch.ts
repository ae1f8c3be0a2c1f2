import { type Log, messageOf } from '@sentinel-forge/contracts';
import type {
  ContainerEvent,
  ContainerSnapshot,
  ContainerState,
  ContainerSummary,
  DockerEvent,
  NetworkEvent,
} from '@sentinel-forge/docker';
import type { Inventory } from '../inventory/inventory.js';

/** What is told of the engine, to whoever heals or responds. None of these may take long: work goes to the lanes. */
export interface EngineListener {
  /** Something happened; the inventory knows it already. */
  onEvent?(event: ContainerEvent | NetworkEvent): void;
  /** A container is there that was not, or has another name now. */
  onContainer?(container: ContainerSummary): void;
  /** The engine is heard no more. A resync says that it is again. */
  onAway?(): void;
  /** Events may have been missed; the inventory was read anew. */
  onResync?(): void;
}

/** Where containers are read from. */
export interface ContainerReader {
  inspect(id: string): Promise<ContainerSnapshot | undefined>;
  list(): Promise<readonly ContainerSummary[]>;
}

const resyncRetryMs = 1_000;
const stateAfter: Partial<Record<ContainerEvent['action'], ContainerState>> = {
  start: 'running',
  unpause: 'running',
  pause: 'paused',
  die: 'exited',
};

/** Follows the engine's events: keeps the inventory, and tells everybody who listens. */
export class EngineWatch {
  /** Why the engine is not heard at the moment; undefined while it is. */
  away: string | undefined = 'the engine was not heard yet';
  #nextResync: NodeJS.Timeout | undefined;
  /** Rises with every resync and with every end of hearing: the answer to an earlier question is then of no use. */
  #resyncs = 0;
  /** The containers that are being inspected, and whether something was heard of them since. */
  readonly #learning = new Map<string, { isOutdated: boolean }>();

  constructor(
    private readonly reader: ContainerReader,
    private readonly inventory: Inventory,
    private readonly listeners: readonly EngineListener[],
    private readonly log: Log,
  ) {}

  /** Until the events end, which they do when whoever opened them closes them. */
  async follow(events: AsyncIterable<DockerEvent>): Promise<void> {
    for await (const event of events) {
      await this.#take(event);
    }
    this.#dropResync();
  }

  async #take(event: DockerEvent): Promise<void> {
    switch (event.kind) {
      case 'disconnected':
        this.#dropResync();
        this.away = event.error.message;
        this.log.warn('engine.away', { error: event.error });
        this.#tell((listener) => listener.onAway?.());
        return;
      case 'resync':
        await this.#resync(event.reason);
        return;
      case 'network':
        this.#tell((listener) => listener.onEvent?.(event));
        return;
      case 'container':
        this.#takeContainer(event);
    }
  }

  async #resync(reason: string): Promise<void> {
    const turn = this.#dropResync();
    const containers = await this.reader.list().catch((error: unknown) => {
      this.log.warn('engine.resync-failed', { reason, error });
      if (turn === this.#resyncs) {
        // An engine that only was too slow tells of no other resync.
        this.away = messageOf(error);
        this.#nextResync = setTimeout(() => void this.#resync(reason), resyncRetryMs);
      }
    });
    if (containers === undefined || turn !== this.#resyncs) {
      return;
    }
    this.inventory.replaceAll(containers);
    this.away = undefined;
    this.log.info('engine.resync', { reason, containers: this.inventory.size });
    this.#tell((listener) => listener.onResync?.());
  }

  #dropResync(): number {
    clearTimeout(this.#nextResync);
    this.#resyncs += 1;
    return this.#resyncs;
  }

  #takeContainer(event: ContainerEvent): void {
    const { action, containerId } = event;
    const state = stateAfter[action];
    if (state !== undefined) {
      this.inventory.setState(containerId, state);
    }
    const learning = this.#learning.get(containerId);
    if (learning !== undefined) {
      learning.isOutdated = true;
    }
    if (action === 'destroy') {
      this.inventory.delete(containerId);
    } else if (action === 'create' || action === 'rename' || this.inventory.get(containerId) === undefined) {
      // Not waited for: what happens to other containers meanwhile must not stand in a queue behind it.
      void this.#learn(containerId);
    }
    this.#tell((listener) => listener.onEvent?.(event));
  }

  async #learn(containerId: string): Promise<void> {
    if (this.#learning.has(containerId)) {
      return;
    }
    try {
      const container = await this.#inspectLast(containerId);
      if (container !== undefined) {
        this.inventory.put(container);
        this.#tell((listener) => listener.onContainer?.(container));
      }
    } catch (error) {
      this.log.warn('engine.container-not-read', { container: containerId, error });
    }
  }

  /** A container as it is after everything that was heard of it meanwhile: one that is gone must not come back by a late answer. */
  async #inspectLast(containerId: string): Promise<ContainerSnapshot | undefined> {
    const learning = { isOutdated: false };
    this.#learning.set(containerId, learning);
    try {
      for (;;) {
        const container = await this.reader.inspect(containerId);
        if (!learning.isOutdated) {
          return container;
        }
        learning.isOutdated = false;
      }
    } finally {
      this.#learning.delete(containerId);
    }
  }

  #tell(tell: (listener: EngineListener) => void): void {
    for (const listener of this.listeners) {
      try {
        tell(listener);
      } catch (error) {
        this.log.error('engine.listener-failed', { error });
      }
    }
  }
}
