import type { DockerLab } from '@sentinel-forge/testing';

/** A container as the engine tells of it. */
type InspectedContainer = Awaited<ReturnType<ReturnType<DockerLab['docker']['getContainer']>['inspect']>>;

/** A part of the baseline: what it is called in `compose/exemptions.yaml`, and whether a container keeps to it. */
export interface BaselineControl {
  readonly name: string;
  readonly isKept: (container: InspectedContainer) => boolean;
}

/** What `compose/hardened.yaml` promises of every container that runs on, as the engine sees it. */
export const runtimeBaseline: readonly BaselineControl[] = [
  { name: 'user', isKept: ({ Config }) => Config.User === '65532:65532' },
  { name: 'read-only', isKept: ({ HostConfig }) => HostConfig.ReadonlyRootfs === true },
  {
    name: 'no-capabilities',
    isKept: ({ HostConfig }) => isSame(HostConfig.CapDrop, ['ALL']) && !HostConfig.CapAdd?.length,
  },
  {
    name: 'no-new-privileges',
    isKept: ({ HostConfig }) => HostConfig.SecurityOpt?.includes('no-new-privileges:true') === true,
  },
  { name: 'not-privileged', isKept: ({ HostConfig }) => !HostConfig.Privileged && HostConfig.PidMode === '' },
  {
    name: 'memory-limit',
    isKept: ({ HostConfig }) => (HostConfig.Memory ?? 0) > 0 && HostConfig.MemorySwap === HostConfig.Memory,
  },
  { name: 'cpu-limit', isKept: ({ HostConfig }) => (HostConfig.NanoCpus ?? 0) > 0 },
  { name: 'pids-limit', isKept: ({ HostConfig }) => (HostConfig.PidsLimit ?? 0) > 0 },
  {
    name: 'tmpfs',
    isKept: ({ HostConfig }) => /noexec/.test((HostConfig.Tmpfs as Record<string, string>)?.['/tmp'] ?? ''),
  },
  { name: 'restart', isKept: ({ HostConfig }) => HostConfig.RestartPolicy?.Name === 'unless-stopped' },
  { name: 'init', isKept: ({ HostConfig }) => HostConfig.Init === true },
  { name: 'log-limit', isKept: ({ HostConfig }) => HostConfig.LogConfig?.Config['max-size'] !== undefined },
  {
    name: 'loopback-only',
    isKept: ({ HostConfig }) => publishedHosts(HostConfig.PortBindings).every((host) => host === '127.0.0.1'),
  },
  { name: 'docker-socket', isKept: ({ Mounts }) => !Mounts.some(({ Source }) => Source.endsWith('docker.sock')) },
  { name: 'ready', isKept: ({ Config }) => healthTest(Config).includes('healthcheck.mjs') },
  {
    name: 'egress',
    isKept: ({ NetworkSettings }) => !Object.keys(NetworkSettings.Networks).some((name) => name.endsWith('_egress')),
  },
];

function isSame(some: unknown, others: readonly string[]): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}

function publishedHosts(bindings: unknown): readonly string[] {
  const all = (bindings ?? {}) as Readonly<Record<string, readonly { readonly HostIp: string }[] | null>>;
  return Object.values(all).flatMap((hosts) => (hosts ?? []).map(({ HostIp }) => HostIp));
}

function healthTest(config: object): readonly string[] {
  return (config as { readonly Healthcheck?: { readonly Test?: readonly string[] } }).Healthcheck?.Test ?? [];
}
