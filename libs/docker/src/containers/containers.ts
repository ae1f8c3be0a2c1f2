import type Docker from 'dockerode';
import type { EngineConnection } from '../connection/engine-connection.js';
import { isGone, type RefusalReason, refusalReasonOf, statusOf } from '../connection/engine-error.js';
import { pathSegment } from '../connection/path-segment.js';
import type { ContainerHealth, ContainerSnapshot, ContainerSummary } from './container-snapshot.js';
import {
  type EngineContainer,
  type EngineContainerRow,
  parseContainer,
  parseContainerSummary,
} from './parse-container.js';
import {
  planThrottle,
  planUnthrottle,
  type ResourceLimits,
  type ResourceUpdate,
  type Throttle,
} from './resource-limits.js';

/** Whether a call changed anything: a container that is in the wished state already is no error. */
export type Effect = 'changed' | 'unchanged';

/** Which containers to list; without a filter all of them, stopped ones too. */
export interface ContainerFilter {
  /** `key` or `key=value`; all must match. */
  readonly labels?: readonly string[];
  /** Careful: a container stopped by hand while it was unhealthy still matches `unhealthy`. */
  readonly health?: ContainerHealth;
  readonly isRunning?: boolean;
}

/** Inspections at a time when everything is read: enough to be quick, too few to keep the engine from its work. */
const concurrentInspections = 8;
/** What the engine needs beyond the container's own time to stop: freeing networks, mounts and the cgroup. */
const stopOverheadMs = 30_000;
const defaultStopTimeoutSeconds = 10;

/** The containers of one engine: look at them, and change what state they are in. */
export class Containers {
  readonly #engine: EngineConnection;

  constructor(engine: EngineConnection) {
    this.#engine = engine;
  }

  /** One quick call. */
  async list(filter: ContainerFilter = {}): Promise<readonly ContainerSummary[]> {
    const rows = await this.#engine.call({
      operation: 'list containers',
      run: (docker, abortSignal) =>
        docker.listContainers({ all: filter.isRunning !== true, filters: filtersOf(filter), abortSignal }),
    });
    return (rows as readonly EngineContainerRow[]).map(parseContainerSummary);
  }

  /** By id or name; the first 12 characters of an id do. */
  async inspect(id: string): Promise<ContainerSnapshot> {
    return parseContainer((await this.inspectRaw(id)) as EngineContainer);
  }

  /** The engine's own answer, for evidence. It holds the environment, and with it secrets: redact before it leaves. */
  inspectRaw(id: string): Promise<unknown> {
    return this.#engine.call({
      operation: 'inspect container',
      target: id,
      run: (docker, abortSignal) => docker.getContainer(pathSegment(id)).inspect({ abortSignal }),
    });
  }

  /** Lists and inspects everything that matches; what is removed meanwhile is left out. */
  async inspectAll(filter: ContainerFilter = {}): Promise<readonly ContainerSnapshot[]> {
    const waiting = [...(await this.list(filter))];
    const snapshots: ContainerSnapshot[] = [];
    const inspectNext = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const snapshot = await this.inspect(next.id).catch(undefinedIfGone);
        if (snapshot !== undefined) {
          snapshots.push(snapshot);
        }
      }
    };
    await Promise.all(Array.from({ length: concurrentInspections }, inspectNext));
    return snapshots;
  }

  /** A paused container cannot be started: unpause it. */
  start(id: string): Promise<Effect> {
    return this.#change('start container', id, (container, abortSignal) => container.start({ abortSignal }));
  }

  /** Asks with the container's stop signal, then kills. The engine notes the wish: no policy restarts it. */
  stop(id: string, options: { readonly stopTimeoutSeconds?: number } = {}): Promise<Effect> {
    const { stopTimeoutSeconds = defaultStopTimeoutSeconds } = options;
    return this.#change(
      'stop container',
      id,
      (container, abortSignal) => container.stop({ t: stopTimeoutSeconds, abortSignal }),
      { timeoutMs: stopTimeoutSeconds * 1_000 + stopOverheadMs },
    );
  }

  /**
   * Stops and starts. It also **un-pauses**: whoever restarts what is unhealthy undoes a pause that contains somebody.
   * Published ports are kept, and a container that is off a network stays off it.
   */
  async restart(id: string, options: { readonly stopTimeoutSeconds?: number } = {}): Promise<void> {
    const { stopTimeoutSeconds = defaultStopTimeoutSeconds } = options;
    await this.#change(
      'restart container',
      id,
      (container, abortSignal) => container.restart({ t: stopTimeoutSeconds, abortSignal }),
      { timeoutMs: stopTimeoutSeconds * 1_000 + stopOverheadMs },
    );
  }

  /** Sends a signal; without one, SIGKILL. No restart policy acts on what was killed here, not even `always`. */
  kill(id: string, options: { readonly signal?: string } = {}): Promise<Effect> {
    const { signal = 'SIGKILL' } = options;
    return this.#change('kill container', id, (container, abortSignal) => container.kill({ signal, abortSignal }), {
      goal: 'not-running',
    });
  }

  /** Freezes every process. The kernel still completes TCP handshakes, and health checks fail within seconds. */
  pause(id: string): Promise<Effect> {
    return this.#change('pause container', id, (container, abortSignal) => container.pause({ abortSignal }), {
      goal: 'already-paused',
    });
  }

  unpause(id: string): Promise<Effect> {
    return this.#change('unpause container', id, (container, abortSignal) => container.unpause({ abortSignal }), {
      goal: 'not-paused',
    });
  }

  /**
   * Limits a container, and tells the limits that it had: keep them for {@link unthrottle}.
   *
   * @param known the limits that it has, where that was looked up a moment ago
   */
  async throttle(id: string, throttle: Throttle, known?: ResourceLimits): Promise<ResourceLimits> {
    const limits = known ?? (await this.inspect(id)).limits;
    await this.#update(id, planThrottle(limits, throttle));
    return limits;
  }

  /** Gives a container the limits back that {@link throttle} told. */
  async unthrottle(id: string, former: ResourceLimits): Promise<void> {
    const [{ limits }, host] = await Promise.all([
      this.inspect(id),
      this.#engine.json<{ readonly MemTotal: number }>({ operation: 'read engine info' }, '/info'),
    ]);
    await this.#update(id, planUnthrottle(former, limits, host.MemTotal));
  }

  async #update(id: string, update: ResourceUpdate): Promise<void> {
    if (Object.keys(update).length > 0) {
      await this.#change('update container', id, (container, abortSignal) =>
        container.update({ ...update, abortSignal }),
      );
    }
  }

  /** The engine says "already so" as 304 for start and stop, and as an error (409 or 500) for the others: `goal`. */
  async #change(
    operation: string,
    id: string,
    change: (container: Docker.Container, abortSignal: AbortSignal) => Promise<unknown>,
    options: { readonly goal?: RefusalReason; readonly timeoutMs?: number } = {},
  ): Promise<Effect> {
    const { goal, ...deadline } = options;
    const unchanged = (error: unknown): Effect => {
      if (statusOf(error) === 304) {
        return 'unchanged';
      }
      throw error;
    };
    try {
      return await this.#engine.call({
        operation,
        target: id,
        ...deadline,
        run: (docker, abortSignal) =>
          change(docker.getContainer(pathSegment(id)), abortSignal).then((): Effect => 'changed', unchanged),
      });
    } catch (error) {
      if (goal !== undefined && refusalReasonOf(error) === goal) {
        return 'unchanged';
      }
      throw error;
    }
  }
}

function filtersOf({ labels, health }: ContainerFilter): Record<string, string[]> {
  return {
    ...(labels === undefined ? {} : { label: [...labels] }),
    ...(health === undefined ? {} : { health: [health] }),
  };
}

function undefinedIfGone(error: unknown): undefined {
  if (!isGone(error)) {
    throw error;
  }
}
