import type { NetworkAttachment } from '../networks/network-attachment.js';
import type { NetworkMode } from '../networks/network-mode.js';
import type { ComposeIdentity } from './compose-identity.js';
import type { ResourceLimits } from './resource-limits.js';

/** The engine's own words for the state of a container. */
export type ContainerState = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

/** `none` when the container has no health check. A paused container keeps being checked, and turns unhealthy. */
export type ContainerHealth = 'none' | 'starting' | 'healthy' | 'unhealthy';

/** What the engine does by itself when the process ends. `docker kill` counts as a wish: no policy restarts after it. */
export interface RestartPolicy {
  readonly name: 'no' | 'always' | 'unless-stopped' | 'on-failure';
  readonly maximumRetryCount: number;
}

/** What the list of containers tells, without an inspection of each. */
export interface ContainerSummary {
  /** 64 hexadecimal characters. */
  readonly id: string;
  /** Without the engine's leading slash. */
  readonly name: string;
  /** As it was asked for; a tag may point elsewhere by now. */
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: ContainerState;
  readonly networkMode: NetworkMode;
  /** Present when Docker Compose made the container. */
  readonly compose?: ComposeIdentity;
}

/** A container at one moment. Plain data: it survives JSON, so it can be kept to restore from. Times are RFC 3339. */
export interface ContainerSnapshot extends ContainerSummary {
  readonly imageId: string;
  readonly health: ContainerHealth;
  readonly exitCode: number;
  readonly isOomKilled: boolean;
  /** 0 when no process runs. */
  readonly pid: number;
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly restartPolicy: RestartPolicy;
  /** Restarts by the policy; not those that somebody asked for. */
  readonly restartCount: number;
  readonly networks: readonly NetworkAttachment[];
  readonly limits: ResourceLimits;
  /** With a terminal, logs are one raw stream. */
  readonly hasTty: boolean;
}
