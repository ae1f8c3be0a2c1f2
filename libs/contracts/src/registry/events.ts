import type { AppName } from '../apps.js';
import { appNames } from '../apps.js';
import { DeadLetter } from '../events/dead-letter.js';
import { ContainerHealth, ServiceHealth } from '../events/health.js';
import { LogRecord } from '../events/log-record.js';
import { MitigationRequested, MitigationTransition, SelfMitigation } from '../events/mitigation.js';
import { NoticeOutcome, NotifyRequested } from '../events/notice.js';
import { Telemetry } from '../events/telemetry.js';
import { limits } from '../limits.js';
import type { Class } from '../validation/decorators.js';
import type { StreamName } from './streams.js';
import { type SubjectParams, type SubjectPattern, subjectPattern } from './subject-pattern.js';

/** One row of the registry: everything there is to know about one kind of event. */
export interface EventDefinition<Pattern extends string = string, Data extends object = object> {
  /** The CloudEvents `type`, version included. */
  readonly type: string;
  /** Where it is said; see {@link SubjectParams}. */
  readonly subject: Pattern;
  readonly stream: StreamName;
  /** Who may say it. Where the subject has `{app}`, each under its own name only. */
  readonly publishers: readonly AppName[] | 'anyone';
  readonly dataClass: Class<Data>;
  /** The most bytes that the data may have. */
  readonly maxBytes: number;
  readonly summary: string;
  /** What its id, and so its `Nats-Msg-Id`, is made from. */
  readonly dedup: string;
  readonly pattern: SubjectPattern;
}

/** The parameters of a row's subject. */
export type ParamsOf<Row> = Row extends EventDefinition<infer Pattern, object> ? SubjectParams<Pattern> : never;
/** The data class of a row. */
export type DataOf<Row> = Row extends EventDefinition<string, infer Data> ? Data : never;

function event<const Pattern extends string, Data extends object>(
  row: Omit<EventDefinition<Pattern, Data>, 'pattern' | 'maxBytes'> & { readonly maxBytes?: number },
): EventDefinition<Pattern, Data> {
  return { maxBytes: limits.eventBytes, ...row, pattern: subjectPattern(row.subject) };
}

const mitigationStep = <const State extends string>(state: State, publishers: readonly AppName[], summary: string) =>
  event({
    type: `forge.mitigation.${state}.v1`,
    subject: `mitigation.{app}.${state}` as const,
    stream: 'MITIGATION',
    publishers,
    dataClass: MitigationTransition,
    summary,
    dedup: 'mitigation id, state and attempt',
  });

/** Every event of the mesh. */
export const events = {
  telemetry: event({
    type: 'forge.telemetry.v1',
    subject: 'defend.{signal+}',
    stream: 'DEFEND',
    publishers: 'anyone',
    dataClass: Telemetry,
    maxBytes: limits.telemetryBytes,
    summary: 'Telemetry from any producer about something that may need defending against',
    dedup: 'chosen by the producer; a bare message has its stream sequence',
  }),
  mitigationRequested: event({
    type: 'forge.mitigation.requested.v1',
    subject: 'mitigation.{app}.requested.{host}',
    stream: 'MITIGATION',
    publishers: ['sentinelcore', 'hardening-auditor'],
    dataClass: MitigationRequested,
    summary: 'A mitigation is asked of the supervisor of one Docker host',
    dedup: 'the mitigation id: hash(event id, target, action)',
  }),
  mitigationApproved: mitigationStep('approved', ['supervisor'], 'A person approved a mitigation that waited for it'),
  mitigationApplied: mitigationStep(
    'applied',
    ['supervisor', 'sentinelcore'],
    'A mitigation is in force, and verified',
  ),
  mitigationFailed: mitigationStep('failed', ['supervisor'], 'A mitigation could not be carried out'),
  mitigationReleased: mitigationStep('released', ['supervisor'], 'A mitigation was taken back'),
  mitigationRejected: mitigationStep(
    'rejected',
    ['supervisor', 'sentinelcore'],
    'A mitigation was refused; nothing was touched',
  ),
  selfMitigation: event({
    type: 'forge.mitigation.self.v1',
    subject: 'mitigation.{app}.self',
    stream: 'MITIGATION',
    publishers: appNames,
    dataClass: SelfMitigation,
    summary: 'What an app did to keep itself or its users whole',
    dedup: 'random, once for each occurrence',
  }),
  serviceHealth: event({
    type: 'forge.health.service.v1',
    subject: 'health.service.{app}.{state}',
    stream: 'HEALTH',
    publishers: appNames,
    dataClass: ServiceHealth,
    summary: 'A service came up, went down, or runs without something it needs',
    dedup: 'random, once for each change',
  }),
  containerHealth: event({
    type: 'forge.health.container.v1',
    subject: 'health.container.{host}.{state}',
    stream: 'HEALTH',
    publishers: ['supervisor'],
    dataClass: ContainerHealth,
    summary: 'A container became unhealthy, was restarted, recovered, or was given up',
    dedup: 'host, container, state and the time of the change',
  }),
  logRecord: event({
    type: 'forge.log.record.v1',
    subject: 'log.{app}.{level}',
    stream: 'LOG',
    publishers: appNames,
    dataClass: LogRecord,
    summary: 'A structured log record of a service, redacted',
    dedup: 'random',
  }),
  notifyRequested: event({
    type: 'forge.notify.requested.v1',
    subject: 'notify.requested',
    stream: 'NOTIFY',
    publishers: ['notification-dispatcher'],
    dataClass: NotifyRequested,
    summary: 'Someone asked over HTTP that people be told something',
    dedup: 'the request',
  }),
  noticeDelivered: event({
    type: 'forge.notify.delivered.v1',
    subject: 'notify.delivered',
    stream: 'NOTIFY',
    publishers: ['notification-dispatcher'],
    dataClass: NoticeOutcome,
    summary: 'A notice was delivered on a channel',
    dedup: 'notice id, state and the time it was settled',
  }),
  noticeFailed: event({
    type: 'forge.notify.failed.v1',
    subject: 'notify.failed',
    stream: 'NOTIFY',
    publishers: ['notification-dispatcher'],
    dataClass: NoticeOutcome,
    summary: 'A notice could not be delivered on a channel and was given up',
    dedup: 'notice id, state and the time it was settled',
  }),
  deadLetter: event({
    type: 'forge.dead-letter.v1',
    subject: 'dead-letter.{stream}.{consumer}',
    stream: 'DEAD_LETTER',
    publishers: appNames,
    dataClass: DeadLetter,
    // A message of the largest size (see `maxMsgBytes` of the streams) in base64, with its headers.
    maxBytes: 3 * limits.eventBytes,
    summary: 'A message that could not be handled, whole, with its cause',
    dedup: 'stream, sequence, consumer',
  }),
} as const;

/** Every row, as a list. */
export const eventRows: readonly EventDefinition[] = Object.values(events);

/** What a subject is in the registry. */
export interface SubjectMatch {
  readonly definition: EventDefinition;
  readonly params: Readonly<Record<string, string>>;
}

// A mesh speaks on few distinct subjects, but anybody may invent `defend.*` ones: the memory of them is bounded.
const knownSubjects = new Map<string, SubjectMatch | undefined>();
const maxKnownSubjects = 4096;

/** The row that a subject belongs to, with its parameters; undefined when no row does. */
export function matchSubject(subject: string): SubjectMatch | undefined {
  if (knownSubjects.has(subject)) {
    return knownSubjects.get(subject);
  }
  if (knownSubjects.size >= maxKnownSubjects) {
    knownSubjects.clear();
  }
  const match = findRow(subject);
  knownSubjects.set(subject, match);
  return match;
}

function findRow(subject: string): SubjectMatch | undefined {
  for (const definition of eventRows) {
    const params = definition.pattern.match(subject);
    if (params !== undefined) {
      return { definition, params };
    }
  }
  return undefined;
}
