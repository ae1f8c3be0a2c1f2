export { type ClientOptions, connectClient } from './connection/client-connection.js';
export type { NatsCredentials } from './connection/credentials.js';
export { type ConnectionState, MeshConnection } from './connection/mesh-connection.js';
export { type ConsumerState, ResumePoint } from './consume/consumer-runtime.js';
export { HeaderBlock } from './consume/header-block.js';
export { JetStreamStrategy } from './consume/jetstream.strategy.js';
export { OnBatch, OnEvent, OnStreams } from './consume/on-event.decorator.js';
export {
  computeBackoffDelayMs,
  defaultRetryPolicy,
  type RetryPolicy,
  type Settlement,
  settle,
} from './consume/settlement.js';
export { getDeadLetter, listDeadLetters, type StoredDeadLetter } from './dead-letter/dead-letter-store.js';
export { within } from './deadline/within.js';
export { type RecordChange, RecordStore, RecordStores, type StoredRecord } from './kv/record-store.js';
export { LagMonitor } from './lag/lag-monitor.js';
export { MessagingModule } from './messaging.module.js';
export { MessagingOptions } from './messaging.options.js';
export { type AccountsOptions, accountsConfig } from './permissions/accounts-config.js';
export { createNkey, type Nkey, publicKeyOf } from './permissions/nkey.js';
export { inboxPrefixOf, type Permissions, permissionsOf } from './permissions/permissions.js';
export { renderPermissionsReference } from './permissions/permissions-reference.js';
export { type MeshUser, meshUsers, type ToolName, toolNames, tools } from './permissions/users.js';
export {
  type ProvisionOptions,
  type ProvisionStep,
  provision,
  refuseBlocked,
  refuseNewerTopology,
} from './provision/provision.js';
export { EventPublisher, type Published, type PublishOptions, traceAfter } from './publish/event-publisher.js';
export { OnRequest, requiredScopeKey } from './request/on-request.decorator.js';
export { type RequestOptions, requestApp } from './request/request-client.js';
export { RequestContext } from './request/request-context.js';
export { type FollowOptions, followStreams, type StreamFollower } from './tail/follow-streams.js';
export type { StartPoint } from './tail/stream-cursor.js';
export { currentTrace, randomHex, runInTrace } from './trace/current-trace.js';
