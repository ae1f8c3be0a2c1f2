import { type EngineEndpoint, parseAttachment } from '../networks/network-attachment.js';
import { parseNetworkMode } from '../networks/network-mode.js';
import { type ComposeIdentity, parseComposeIdentity } from './compose-identity.js';
import type {
  ContainerHealth,
  ContainerSnapshot,
  ContainerState,
  ContainerSummary,
  RestartPolicy,
} from './container-snapshot.js';
import type { ResourceLimits } from './resource-limits.js';

/** One row of the engine's `GET /containers/json`, as far as it is read here. */
export interface EngineContainerRow {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly State: string;
  readonly HostConfig?: { readonly NetworkMode?: string };
}

/** The engine's `GET /containers/{id}/json`, as far as it is read here. */
export interface EngineContainer {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly Created: string;
  readonly RestartCount?: number;
  readonly State: {
    readonly Status: string;
    readonly OOMKilled?: boolean;
    readonly Pid?: number;
    readonly ExitCode?: number;
    readonly StartedAt?: string;
    readonly FinishedAt?: string;
    readonly Health?: { readonly Status?: string } | null;
  };
  readonly Config: {
    readonly Image: string;
    readonly Tty?: boolean;
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly MacAddress?: string | null;
  };
  readonly HostConfig: EngineHostConfig;
  readonly NetworkSettings?: { readonly Networks?: Readonly<Record<string, EngineEndpoint>> | null };
}

interface EngineHostConfig {
  readonly NetworkMode?: string;
  readonly RestartPolicy?: { readonly Name?: string; readonly MaximumRetryCount?: number };
  readonly NanoCpus?: number;
  readonly CpuQuota?: number;
  readonly CpuPeriod?: number;
  readonly Memory?: number;
  readonly MemorySwap?: number;
  readonly PidsLimit?: number | null;
}

/** Reads one row of the list of containers. */
export function parseContainerSummary(row: EngineContainerRow): ContainerSummary {
  const labels = row.Labels ?? {};
  return {
    id: row.Id,
    // Legacy links add names like /other/alias; the container's own has one slash.
    name: nameOf(row.Names.find((name) => name.lastIndexOf('/') === 0) ?? row.Names[0] ?? row.Id),
    image: row.Image,
    labels,
    state: row.State as ContainerState,
    networkMode: parseNetworkMode(row.HostConfig?.NetworkMode ?? ''),
    ...composeOf(labels),
  };
}

/** Reads an inspection. */
export function parseContainer(container: EngineContainer): ContainerSnapshot {
  const { State: state, Config: config, HostConfig: host } = container;
  const labels = config.Labels ?? {};
  return {
    id: container.Id,
    name: nameOf(container.Name),
    image: config.Image,
    imageId: container.Image,
    labels,
    ...composeOf(labels),
    state: state.Status as ContainerState,
    health: healthOf(state.Health?.Status),
    exitCode: state.ExitCode ?? 0,
    isOomKilled: state.OOMKilled ?? false,
    pid: state.Pid ?? 0,
    createdAt: container.Created,
    ...timesOf(state),
    restartPolicy: restartPolicyOf(host),
    restartCount: container.RestartCount ?? 0,
    networkMode: parseNetworkMode(host.NetworkMode ?? ''),
    networks: Object.entries(container.NetworkSettings?.Networks ?? {}).map(([name, endpoint]) =>
      parseAttachment(name, endpoint, { id: container.Id, configuredMac: config.MacAddress ?? null }),
    ),
    limits: limitsOf(host),
    hasTty: config.Tty ?? false,
  };
}

function nameOf(name: string): string {
  return name.startsWith('/') ? name.slice(1) : name;
}

function composeOf(labels: Readonly<Record<string, string>>): { readonly compose?: ComposeIdentity } {
  const compose = parseComposeIdentity(labels);
  return compose === undefined ? {} : { compose };
}

function healthOf(status: string | undefined): ContainerHealth {
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none';
}

/** The engine's zero time, 0001-01-01, means "never". */
function timesOf(state: EngineContainer['State']): { readonly startedAt?: string; readonly finishedAt?: string } {
  const happened = (time: string | undefined): time is string => Boolean(time) && !time?.startsWith('0001-');
  return {
    ...(happened(state.StartedAt) ? { startedAt: state.StartedAt } : {}),
    ...(happened(state.FinishedAt) ? { finishedAt: state.FinishedAt } : {}),
  };
}

function restartPolicyOf(host: EngineHostConfig): RestartPolicy {
  const name = host.RestartPolicy?.Name;
  return {
    name: name === 'always' || name === 'unless-stopped' || name === 'on-failure' ? name : 'no',
    maximumRetryCount: host.RestartPolicy?.MaximumRetryCount ?? 0,
  };
}

function limitsOf(host: EngineHostConfig): ResourceLimits {
  return {
    nanoCpus: host.NanoCpus ?? 0,
    cpuQuotaMicros: host.CpuQuota ?? 0,
    cpuPeriodMicros: host.CpuPeriod ?? 0,
    memoryBytes: host.Memory ?? 0,
    memorySwapBytes: host.MemorySwap ?? 0,
    pidsLimit: host.PidsLimit ?? 0,
  };
}
