export { type AppName, appNames, apps, isAppName } from './apps.js';
export {
  decodeEvent,
  type EncodedEvent,
  type EventOutline,
  encodeEvent,
  type ForgeEvent,
  type HeaderReader,
  type OutgoingEvent,
  outlineOf,
  type StoredMessage,
  sourceOf,
} from './envelope/cloud-event.js';
export {
  childOf,
  formatTraceparent,
  newTrace,
  parseTraceparent,
  type RandomHex,
  type TraceContext,
} from './envelope/trace-context.js';
export { type ErrorCode, type ErrorEntry, errorCatalogue } from './errors/catalogue.js';
export { ForgeError, type ForgeErrorOptions, isOutage, isRetryable, messageOf } from './errors/forge-error.js';
export { isNewerDataError, type NewerData, newerDataError, newerVersionIn } from './errors/newer-data.js';
export { DeadLetter, type DeadLetterCause, deadLetterCauses } from './events/dead-letter.js';
export { IsMitigationId, IsName, IsSummary, IsText, IsToken, IsTraceId, traceIdPattern } from './events/fields.js';
export {
  ContainerHealth,
  type ContainerState,
  containerStates,
  DependencyState,
  ServiceHealth,
  type ServiceState,
  serviceStates,
} from './events/health.js';
export { type LogLevel, LogRecord, logLevels } from './events/log-record.js';
export {
  type ActionName,
  actionNames,
  ContainerTarget,
  type Containment,
  Contribution,
  containments,
  Evidence,
  MitigationRequested,
  MitigationTransition,
  SelfMitigation,
  type Verdict,
  verdicts,
} from './events/mitigation.js';
export { type ChannelName, channelNames, NoticeOutcome, NotifyRequested } from './events/notice.js';
export { Telemetry, TelemetryTarget } from './events/telemetry.js';
export { mitigationIdOf, stableHash } from './identifiers.js';
export { limits } from './limits.js';
export { Log, type LogFields } from './logging/log.js';
export { InventoryEntry } from './records/inventory-entry.js';
export { MitigationView } from './records/mitigation-view.js';
export { asyncApiDocument, renderAsyncApi } from './reference/asyncapi.js';
export { renderErrorsReference } from './reference/errors-reference.js';
export { renderEventsReference } from './reference/events-reference.js';
export { jsonBlock, markdownCode, markdownPage, markdownTable } from './reference/markdown.js';
export { type PublicSchema, publicSchemaOf } from './reference/public-schema.js';
export { renderRequestsReference } from './reference/requests-reference.js';
export { type BucketDefinition, type BucketName, buckets } from './registry/buckets.js';
export { type ConsumerDefinition, consumers, consumersOf, forHost } from './registry/consumers.js';
export {
  type DataOf,
  type EventDefinition,
  eventRows,
  events,
  matchSubject,
  type ParamsOf,
  type SubjectMatch,
} from './registry/events.js';
export { type RequestDefinition, requestSubject, requests } from './registry/requests.js';
export { isStreamName, type StreamDefinition, type StreamName, streamNames, streams } from './registry/streams.js';
export { isUnderFilter, type SubjectParams, subjectPattern, toSubjectToken } from './registry/subject-pattern.js';
export { ListNotices, Nothing, ReplayDeadLetter, ReplayNotice } from './requests/general-requests.js';
export {
  ChooseMitigation,
  ListMitigations,
  type MitigationState,
  mitigationStates,
  PauseMitigations,
  RearmContainer,
  ReleaseMitigation,
} from './requests/mitigation-requests.js';
export { allScopes, type Scope, scopes } from './scopes.js';
export {
  type Class,
  Closed,
  Describe,
  IsInstant,
  IsJsonObject,
  Nested,
  Optional,
} from './validation/decorators.js';
export { type JsonSchema, jsonSchemaOf } from './validation/json-schema.js';
export { describeProblems, type Problem, type Validator, validatorFor } from './validation/validator.js';
