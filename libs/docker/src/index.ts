export { defaultDockerHost } from './connection/docker-host.js';
export { isGone, type RefusalReason, refusalReasonOf } from './connection/engine-error.js';
export type { ComposeDependency, ComposeIdentity } from './containers/compose-identity.js';
export type {
  ContainerHealth,
  ContainerSnapshot,
  ContainerState,
  ContainerSummary,
  RestartPolicy,
} from './containers/container-snapshot.js';
export type { ContainerFilter, Containers, Effect } from './containers/containers.js';
export type { ResourceLimits, Throttle } from './containers/resource-limits.js';
export { DockerEngine, type DockerEngineOptions, type EngineInfo } from './docker-engine.js';
export type {
  ContainerEvent,
  DisconnectedEvent,
  DockerEvent,
  NetworkEvent,
  ResyncEvent,
} from './events/docker-event.js';
export type { DockerEvents, DockerEventsOptions } from './events/docker-events.js';
export type { ChangedPath, CommitOptions, Evidence, LogOptions, ProcessTable } from './evidence/evidence.js';
export type { LogCapture, LogEntry } from './evidence/log-capture.js';
export {
  type AssignedEndpoint,
  isGhost,
  type NetworkAttachment,
  type RequestedEndpoint,
} from './networks/network-attachment.js';
export { type NetworkMode, whyNotDetachable } from './networks/network-mode.js';
export type { NetworkMember, NetworkSnapshot, Networks, WantedAttachment } from './networks/networks.js';
