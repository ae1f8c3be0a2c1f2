import type { SelfMitigation } from '@sentinel-forge/contracts';
import type { ContainerSnapshot, ContainerSummary } from '@sentinel-forge/docker';
import type { EvidencePart, RawEvidence } from '../response/container-engine.port.js';
import type { DockerCall } from '../response/docker-call.js';
import type { UnsaidHealth } from './healing.record.js';

/** The containers of one Docker host, as healing needs them. */
export interface HealingEngine {
  /** Undefined when there is no such container, or it is being removed. */
  inspect(id: string): Promise<ContainerSnapshot | undefined>;

  /** Every container, stopped ones too. */
  list(): Promise<readonly ContainerSummary[]>;

  /** The ids of what runs and fails its health check. */
  listUnhealthy(): Promise<readonly string[]>;

  /** Makes one change; see ContainerEngine. */
  perform(call: DockerCall): Promise<void>;

  /** Reads the parts that are asked for. Never fails for one that cannot be read. */
  readEvidence(id: string, tailLines: number, parts: readonly EvidencePart[]): Promise<RawEvidence>;
}

/** The way out for what the healer has to say. Each resolves when the stream holds the event. */
export interface HealingEvents {
  publish(event: UnsaidHealth): Promise<void>;

  /** What the healer does about itself: a breaker, a question to people. The id makes it the same event when said again. */
  publishSelf(id: string, event: SelfMitigation): Promise<void>;
}
