import {
  type ContainerTarget,
  type DeadLetter,
  type ForgeEvent,
  type LogRecord,
  type MitigationRequested,
  type MitigationTransition,
  type NoticeOutcome,
  type Telemetry,
} from '@sentinel-forge/contracts';
import { describeDuration } from '../terminal/duration.js';

/** What a step on the way is. */
export type Stage =
  | 'telemetry'
  | 'score'
  | 'request'
  | 'approve'
  | 'act'
  | 'verify'
  | 'release'
  | 'reject'
  | 'fail'
  | 'self'
  | 'health'
  | 'ask'
  | 'notice'
  | 'dead letter'
  | 'log';

/** An event of a trace, and where it is stored. */
export interface TracedEvent {
  readonly event: ForgeEvent;
  readonly stream: string;
  readonly sequence: number;
}

/** One step of a trace. An event that tells two things makes two of them. */
export interface Step {
  readonly stage: Stage;
  readonly service: string;
  readonly time: string;
  /** Since the first step. */
  readonly offsetMs: number;
  /** Since the step before. */
  readonly tookMs: number;
  readonly summary: string;
  readonly subject: string;
  readonly stream: string;
  readonly sequence: number;
}

/** One event's way through the mesh. */
export interface Timeline {
  readonly traceId: string;
  readonly durationMs: number;
  readonly steps: readonly Step[];
}

/** Puts the events of a trace in order, with what each took. */
export function timelineOf(traceId: string, events: readonly TracedEvent[]): Timeline {
  const ordered = events.toSorted((one, other) => timeOf(one) - timeOf(other) || rankOf(one) - rankOf(other));
  const startMs = ordered[0] === undefined ? 0 : timeOf(ordered[0]);
  let previousMs = startMs;
  const steps = ordered.flatMap((traced) => {
    const timeMs = timeOf(traced);
    const { stream, sequence, event } = traced;
    return tellingsOf(event).map(({ stage, summary }) => {
      const tookMs = timeMs - previousMs;
      previousMs = timeMs;
      const when = { time: new Date(timeMs).toISOString(), offsetMs: timeMs - startMs, tookMs };
      return { stage, service: serviceOf(event), ...when, summary, subject: event.subject, stream, sequence };
    });
  });
  return { traceId, durationMs: previousMs - startMs, steps };
}

// Telemetry names its producer itself; over HTTP sentinelcore passes it on.
function serviceOf({ definition, data, source }: ForgeEvent): string {
  return definition.type === 'forge.telemetry.v1' ? (data as Telemetry).source : source.replace(/^\//, '');
}

// One clock for all, the server's; but a log record reaches its stream late, and says itself when it was written.
function timeOf({ event }: TracedEvent): number {
  return event.definition.stream === 'LOG' ? event.timeMs : event.storedAtMs;
}

const rank = ['DEFEND', 'MITIGATION', 'HEALTH', 'NOTIFY', 'DEAD_LETTER', 'LOG'];

// Within a millisecond: what leads to something comes first.
function rankOf({ stream, sequence }: TracedEvent): number {
  return rank.indexOf(stream) + sequence / Number.MAX_SAFE_INTEGER;
}

interface Telling {
  readonly stage: Stage;
  readonly summary: string;
}

function tellingsOf({ definition, params, data }: ForgeEvent): readonly Telling[] {
  const one = (stage: Stage, summary: string): readonly Telling[] => [{ stage, summary }];
  switch (definition.type) {
    case 'forge.telemetry.v1':
      return one('telemetry', describeTelemetry(params.signal ?? '', data as Telemetry));
    case 'forge.mitigation.requested.v1':
      return describeRequest(data as MitigationRequested);
    case 'forge.mitigation.approved.v1':
      return one('approve', describeTransition(data as MitigationTransition));
    case 'forge.mitigation.applied.v1':
      return describeApplied(data as MitigationTransition);
    case 'forge.mitigation.failed.v1':
      return one('fail', describeTransition(data as MitigationTransition));
    case 'forge.mitigation.released.v1':
      return one('release', describeTransition(data as MitigationTransition));
    case 'forge.mitigation.rejected.v1':
      return one('reject', describeTransition(data as MitigationTransition));
    case 'forge.notify.delivered.v1':
      return one('notice', describeNotice('delivered', data as NoticeOutcome));
    case 'forge.notify.failed.v1':
      return one('notice', describeNotice('not delivered', data as NoticeOutcome));
    case 'forge.dead-letter.v1':
      return one('dead letter', `${params.consumer}: ${(data as DeadLetter).cause}, ${(data as DeadLetter).reason}`);
    case 'forge.log.record.v1':
      return one('log', describeLog(data as LogRecord));
    default:
      return one(stageBySubject(definition.stream), firstText(data));
  }
}

function describeTelemetry(signal: string, { severity, summary, target }: Telemetry): string {
  const about = [target?.container, target?.host, target?.user, target?.address].filter((part) => part !== undefined);
  const parts = [
    signal,
    ...(severity === undefined ? [] : [`severity ${severity}`]),
    ...(about.length === 0 ? [] : [`about ${about.join(', ')}`]),
  ];
  return summary === undefined ? parts.join(', ') : `${parts.join(', ')}: ${summary}`;
}

function describeRequest(request: MitigationRequested): readonly Telling[] {
  const { action, target, score, ttlMs, evidence, simulated, needsApproval } = request;
  const sum = evidence.contributions.map(({ rule, points }) => `${rule} ${points < 0 ? '' : '+'}${points}`).join(', ');
  const marks = [
    ...(ttlMs === undefined ? [] : [`for ${describeDuration(ttlMs)}`]),
    ...(needsApproval === true ? ['waits for approval'] : []),
    ...(simulated === true ? ['simulated'] : []),
  ];
  return [
    { stage: 'score', summary: `${score}${sum === '' ? '' : ` = ${sum}`}` },
    { stage: 'request', summary: [`${action} ${describeTarget(target)}`, ...marks].join(', ') },
  ];
}

// `applied` is said after the supervisor has looked: it tells of the act and of its verification.
function describeApplied(transition: MitigationTransition): readonly Telling[] {
  const { actor, calls = [], contained, until, joined, score } = transition;
  if (actor === 'sentinelcore') {
    return [{ stage: 'score', summary: `${score ?? ''} ${describeTransition(transition)}`.trim() }];
  }
  const act =
    joined === undefined ? describeTransition(transition) : `${describeTransition(transition)} (joined ${joined})`;
  return [
    { stage: 'act', summary: calls.length === 0 ? act : `${act} [${calls.join('; ')}]` },
    {
      stage: 'verify',
      summary: [
        ...(contained === undefined ? ['done'] : [`contained: ${contained}`]),
        ...(until === undefined ? [] : [`until ${until}`]),
      ].join(', '),
    },
  ];
}

function describeTransition({ action, target, targetName, reason, simulated }: MitigationTransition): string {
  const what = target === undefined ? (targetName ?? '') : describeTarget(target);
  return `${simulated === true ? 'simulated ' : ''}${[action, what].filter((part) => part !== '').join(' ')}: ${reason}`;
}

function describeTarget({ name, host }: ContainerTarget): string {
  return `${name} on ${host}`;
}

function describeNotice(outcome: string, { channel, title, attempts, reason, digestId }: NoticeOutcome): string {
  const tries = attempts > 1 ? ` after ${attempts} tries` : '';
  return `${outcome} by ${channel}${tries}: ${title} (${digestId === undefined ? reason : `in the digest ${digestId}`})`;
}

function describeLog({ lvl, evt, msg, fields }: LogRecord): string {
  const text = Object.entries(fields ?? {}).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [lvl, evt, ...(msg === undefined ? [] : [msg]), ...text].join(' ');
}

function stageBySubject(stream: string): Stage {
  if (stream === 'NOTIFY') {
    return 'ask';
  }
  return stream === 'HEALTH' ? 'health' : 'self';
}

function firstText(data: object): string {
  const { reason, title, what, name } = data as Readonly<Record<string, unknown>>;
  return [what, name, title, reason].filter((part) => typeof part === 'string').join(': ');
}
