/** The limits that a throttle may change, as the engine keeps them. 0 means: no limit was ever set. */
export interface ResourceLimits {
  readonly nanoCpus: number;
  readonly cpuQuotaMicros: number;
  readonly cpuPeriodMicros: number;
  readonly memoryBytes: number;
  /** Memory and swap together; -1 for unlimited swap. */
  readonly memorySwapBytes: number;
  readonly pidsLimit: number;
}

/** A throttle: what is left out stays as it is. */
export interface Throttle {
  /** Processors' worth of time; 0.25 is a quarter of one. At least 0.01. */
  readonly cpus?: number;
  /** No swap beyond it. Below what is in use, the kernel reclaims, then kills. */
  readonly memoryBytes?: number;
  readonly pidsLimit?: number;
}

/** The body of the engine's `POST /containers/{id}/update`. */
export interface ResourceUpdate {
  readonly NanoCpus?: number;
  readonly CpuQuota?: number;
  readonly CpuPeriod?: number;
  readonly Memory?: number;
  readonly MemorySwap?: number;
  readonly PidsLimit?: number;
}

const cpuPeriodMicros = 100_000;

/**
 * The update that throttles. A container's CPU limit is either "nano CPUs" (`--cpus`) or quota and period, and the
 * engine refuses to mix them. Nano CPUs, once set, can never be lifted; a quota can (-1): so that is what a container
 * without a limit gets.
 */
export function planThrottle(limits: ResourceLimits, throttle: Throttle): ResourceUpdate {
  const { cpus, memoryBytes, pidsLimit } = throttle;
  return {
    ...(cpus === undefined ? {} : planCpus(limits, cpus)),
    ...(memoryBytes === undefined ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes }),
    ...(pidsLimit === undefined ? {} : { PidsLimit: pidsLimit }),
  };
}

/**
 * The update that gives a throttled container its former limits back; only what the throttle changed is touched.
 * A memory limit can be raised but never lifted (the engine takes no -1 here, and for swap it takes one but does not pass
 * it on): so "none" becomes all the memory of the host, and as much swap.
 */
export function planUnthrottle(
  former: ResourceLimits,
  current: ResourceLimits,
  hostMemoryBytes: number,
): ResourceUpdate {
  const isCpuChanged = former.nanoCpus !== current.nanoCpus || former.cpuQuotaMicros !== current.cpuQuotaMicros;
  const isMemoryChanged =
    former.memoryBytes !== current.memoryBytes || former.memorySwapBytes !== current.memorySwapBytes;
  return {
    ...(isCpuChanged ? formerCpus(former) : {}),
    ...(isMemoryChanged ? formerMemory(former, hostMemoryBytes) : {}),
    ...(former.pidsLimit === current.pidsLimit ? {} : { PidsLimit: former.pidsLimit }),
  };
}

function planCpus(limits: ResourceLimits, cpus: number): ResourceUpdate {
  if (limits.nanoCpus > 0) {
    return { NanoCpus: Math.round(cpus * 1e9) };
  }
  const period = limits.cpuPeriodMicros || cpuPeriodMicros;
  return { CpuQuota: Math.max(1_000, Math.round(cpus * period)), CpuPeriod: period };
}

function formerCpus(former: ResourceLimits): ResourceUpdate {
  if (former.nanoCpus > 0) {
    return { NanoCpus: former.nanoCpus };
  }
  return former.cpuQuotaMicros > 0
    ? { CpuQuota: former.cpuQuotaMicros, CpuPeriod: former.cpuPeriodMicros || cpuPeriodMicros }
    : { CpuQuota: -1 };
}

function formerMemory(former: ResourceLimits, hostMemoryBytes: number): ResourceUpdate {
  const plentyBytes = hostMemoryBytes * 2;
  return former.memoryBytes > 0
    ? { Memory: former.memoryBytes, MemorySwap: former.memorySwapBytes > 0 ? former.memorySwapBytes : plentyBytes }
    : { Memory: hostMemoryBytes, MemorySwap: plentyBytes };
}
