import type { EngineConnection } from '../connection/engine-connection.js';
import { pathSegment } from '../connection/path-segment.js';
import type { Containers } from '../containers/containers.js';
import { captureLog, type LogCapture } from './log-capture.js';

/** What part of a container's output to read. */
export interface LogOptions {
  /** Lines from the end; default 200. */
  readonly tail?: number;
  /** Only what came at or after this time. */
  readonly sinceMs?: number;
  /** Default 1 MiB; the oldest output is left out. */
  readonly maxBytes?: number;
  /** Whether each line begins with its time. */
  readonly hasTimestamps?: boolean;
}

/** A path in a container that differs from its image. */
export interface ChangedPath {
  readonly path: string;
  readonly kind: 'modified' | 'added' | 'deleted';
}

/** The processes of a container, as `ps` on the host sees them. */
export interface ProcessTable {
  readonly titles: readonly string[];
  readonly processes: readonly (readonly string[])[];
}

/** Where a committed image goes. */
export interface CommitOptions {
  readonly repository: string;
  readonly tag: string;
  readonly comment?: string;
}

const defaultTail = 200;
const defaultMaxBytes = 1024 * 1024;
const captureTimeoutMs = 30_000;
const commitTimeoutMs = 300_000;

/** What can be kept of a container before it is touched. Of a removed or stopped one, some of it is gone. */
export class Evidence {
  readonly #engine: EngineConnection;
  readonly #containers: Containers;

  constructor(engine: EngineConnection, containers: Containers) {
    this.#engine = engine;
    this.#containers = containers;
  }

  /** The end of a container's output. The logging driver must be one that the engine can read back. */
  async logs(id: string, options: LogOptions = {}): Promise<LogCapture> {
    // A container with a terminal has one raw stream; parted into frames it would be garbage.
    const { hasTty } = await this.#containers.inspect(id);
    const call = { operation: 'read logs of container', target: id };
    const source = await this.#engine.stream(call, `/containers/${pathSegment(id)}/logs`, {
      stdout: '1',
      stderr: '1',
      tail: String(options.tail ?? defaultTail),
      timestamps: options.hasTimestamps ? '1' : '0',
      ...(options.sinceMs === undefined ? {} : { since: (options.sinceMs / 1_000).toFixed(3) }),
    });
    return this.#engine.call({
      ...call,
      timeoutMs: captureTimeoutMs,
      run: async (_docker, abortSignal) => {
        abortSignal.addEventListener('abort', () => source.destroy());
        return captureLog(source, { hasTty, maxBytes: options.maxBytes ?? defaultMaxBytes });
      },
    });
  }

  /** Every path that the container changed. */
  async diff(id: string): Promise<readonly ChangedPath[]> {
    const changes = (await this.#engine.call({
      operation: 'diff container',
      target: id,
      timeoutMs: captureTimeoutMs,
      run: (docker, abortSignal) => docker.getContainer(pathSegment(id)).changes({ abortSignal }),
    })) as readonly { readonly Path: string; readonly Kind: number }[] | null;
    return (changes ?? []).map(({ Path, Kind }) => ({ path: Path, kind: changeKinds[Kind] ?? 'modified' }));
  }

  /** Fails with FORGE_DOCKER_CONFLICT, reason `not-running`, when there are no processes. */
  async top(id: string): Promise<ProcessTable> {
    const table = (await this.#engine.call({
      operation: 'list processes of container',
      target: id,
      run: (docker, abortSignal) => docker.getContainer(pathSegment(id)).top({ abortSignal }),
    })) as { readonly Titles?: readonly string[]; readonly Processes?: readonly (readonly string[])[] | null };
    return { titles: table.Titles ?? [], processes: table.Processes ?? [] };
  }

  /** Keeps the container's file system as an image, and tells its id. The container is paused meanwhile. */
  async commit(id: string, options: CommitOptions): Promise<string> {
    const { repository, tag, comment = '' } = options;
    const image = await this.#engine.call({
      operation: 'commit container',
      target: id,
      timeoutMs: commitTimeoutMs,
      run: (docker, abortSignal) =>
        docker.getContainer(pathSegment(id)).commit({ repo: repository, tag, comment, abortSignal }),
    });
    return (image as { readonly Id: string }).Id;
  }
}

/** By the engine's numbers (Engine API, "ContainerChanges"). */
const changeKinds = ['modified', 'added', 'deleted'] as const;
