import type { ContainerSnapshot, ContainerSummary } from '@sentinel-forge/docker';
import type { DockerCall } from './docker-call.js';

/** What can be read of a container as evidence. */
export const evidenceParts = ['inspect', 'logs', 'changes', 'processes'] as const;
/** One part of it. */
export type EvidencePart = (typeof evidenceParts)[number];

/** What was read of a container as evidence. Each part may be missing, with the reason why. */
export interface RawEvidence {
  readonly inspect: unknown;
  readonly logs: unknown;
  readonly changes: unknown;
  readonly processes: unknown;
  /** What could not be read, and why. */
  readonly missing: readonly string[];
}

/** The containers of one Docker host, as responses need them. */
export interface ContainerEngine {
  /** Undefined when there is no such container, or it is being removed. */
  inspect(id: string): Promise<ContainerSnapshot | undefined>;

  /** Every container, stopped ones too. */
  list(): Promise<readonly ContainerSummary[]>;

  /** The other side of an attachment: whether the network lists the container. False for a network that is gone. */
  isOnNetwork(network: string, containerId: string): Promise<boolean>;

  /**
   * Makes one change. That something is so already is no error; everything else fails with a ForgeError of the
   * FORGE_DOCKER family.
   */
  perform(call: DockerCall): Promise<void>;

  /** Reads the parts that are asked for. Never fails for one that cannot be read. */
  readEvidence(id: string, tailLines: number, parts: readonly EvidencePart[]): Promise<RawEvidence>;
}
