import {
  type ActionName,
  type ContainerHealth,
  type DeadLetter,
  type EventDefinition,
  events,
  type ForgeEvent,
  limits,
  type MitigationRequested,
  type MitigationTransition,
  type NotifyRequested,
  type SelfMitigation,
  type ServiceHealth,
} from '@sentinel-forge/contracts';
import type { Notice } from './notice.js';

/** What a template decides; everything else of a notice comes from the event. `data` is the event's unless it says otherwise. */
interface Wording {
  readonly title: string;
  readonly body: string;
  readonly severity: number;
  readonly dedupKey: string;
  readonly traceId?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** The notice that an event makes. The event's data must be redacted already. Every event makes one; routes say who hears it. */
export function noticeFor(event: ForgeEvent): Notice {
  const template = templates.get(event.definition) ?? anyEvent;
  const {
    title,
    data = { ...event.data },
    traceId = event.trace.traceId,
    ...wording
  } = template(event as ForgeEvent<never>);
  return {
    ...wording,
    title: title.replaceAll(/\p{Cc}+/gu, ' ').slice(0, limits.nameLength),
    data,
    traceId,
    eventId: event.id,
    subject: event.subject,
    occurredAtMs: event.timeMs,
  };
}

const templates: ReadonlyMap<EventDefinition, (event: ForgeEvent<never>) => Wording> = new Map<
  EventDefinition,
  (event: ForgeEvent<never>) => Wording
>([
  [events.mitigationRequested, requested],
  [events.mitigationApproved, approved],
  [events.mitigationApplied, applied],
  [events.mitigationFailed, failed],
  [events.mitigationReleased, released],
  [events.mitigationRejected, rejected],
  [events.selfMitigation, self],
  [events.serviceHealth, service],
  [events.containerHealth, container],
  [events.deadLetter, deadLetter],
  [events.notifyRequested, asked],
]);

/** The kinds of events that a template knows, which are those that are listened to. */
export const noticeKinds: readonly EventDefinition[] = [...templates.keys()];

/** How an action reads when it is to be done and when it was done, and how much people should care. */
const actions: Readonly<
  Record<ActionName, { readonly todo: string; readonly done: string; readonly severity: number }>
> = {
  notify: { todo: 'alert about', done: 'Alert:', severity: 6 },
  snapshot: { todo: 'take a snapshot of', done: 'Took a snapshot of', severity: 4 },
  restart: { todo: 'restart', done: 'Restarted', severity: 6 },
  throttle: { todo: 'throttle', done: 'Throttled', severity: 6 },
  pause: { todo: 'pause', done: 'Paused', severity: 7 },
  isolate: { todo: 'isolate', done: 'Isolated', severity: 8 },
  quarantine: { todo: 'quarantine', done: 'Quarantined', severity: 9 },
  stop: { todo: 'stop', done: 'Stopped', severity: 9 },
  kill: { todo: 'kill', done: 'Killed', severity: 9 },
};

/** Nothing was done in a simulation, so that it never is an alarm. */
const simulatedSeverity = 4;

function requested({ data }: ForgeEvent<MitigationRequested>): Wording {
  const { todo } = actions[data.action];
  const where = `${data.target.name} on ${data.target.host}`;
  const needsApproval = data.needsApproval === true;
  return {
    title: needsApproval ? `Approval needed to ${todo} ${where}` : `Asked to ${todo} ${where}`,
    body: lines(
      data.reason,
      `Score: ${data.score}`,
      needsApproval ? `Approve with: forge mitigation approve ${data.mitigationId}` : undefined,
    ),
    severity: needsApproval ? 8 : 4,
    dedupKey: `requested:${data.mitigationId}`,
  };
}

function approved({ data }: ForgeEvent<MitigationTransition>): Wording {
  return {
    title: `Approved: ${actions[data.action].todo} ${targetOf(data)}`,
    body: transitionBody(data),
    severity: 4,
    dedupKey: `approved:${data.mitigationId}`,
  };
}

function applied({ data }: ForgeEvent<MitigationTransition>): Wording {
  const { todo, done, severity } = actions[data.action];
  const isSimulated = data.simulated === true;
  return {
    title: isSimulated ? `Simulated: would ${todo} ${targetOf(data)}` : `${done} ${targetOf(data)}`,
    body: transitionBody(data),
    severity: isSimulated ? simulatedSeverity : severity,
    dedupKey: `applied:${data.joined ?? data.mitigationId}`,
  };
}

function failed({ data }: ForgeEvent<MitigationTransition>): Wording {
  return {
    title: `Could not ${actions[data.action].todo} ${targetOf(data)}`,
    body: transitionBody(data),
    severity: 9,
    dedupKey: `failed:${data.mitigationId}`,
  };
}

function released({ data }: ForgeEvent<MitigationTransition>): Wording {
  return {
    title: `Released ${targetOf(data)} (${data.action})`,
    body: transitionBody(data),
    severity: 4,
    dedupKey: `released:${data.mitigationId}`,
  };
}

function rejected({ data }: ForgeEvent<MitigationTransition>): Wording {
  return {
    title: `Refused to ${actions[data.action].todo} ${targetOf(data)}`,
    body: transitionBody(data),
    severity: 5,
    // Not by mitigation: telemetry that keeps coming for a container out of scope says the same every time.
    dedupKey: `rejected:${data.action}:${targetOf(data)}:${data.reason}`,
  };
}

/** What apps do for themselves, where the usual severity would say too little or too much. */
const selfSeverities: Readonly<Record<string, number>> = {
  'tampering-found': 10,
  'segment-set-aside': 8,
  'breaker-opened': 6,
  'breaker-closed': 3,
};

function self({ data, params }: ForgeEvent<SelfMitigation>): Wording {
  return {
    title: `${params.app}: ${data.what.replaceAll('-', ' ')}`,
    body: data.reason,
    severity: selfSeverities[data.what] ?? 5,
    dedupKey: `self:${params.app}:${data.what}:${data.reason}`,
  };
}

const serviceSeverities: Readonly<Record<string, number>> = { down: 8, degraded: 6, up: 2 };

function service({ data, params }: ForgeEvent<ServiceHealth>): Wording {
  const { app = '', state = '' } = params;
  const missing = data.dependencies
    .filter(({ isUp }) => !isUp)
    .map(({ name, reason }) => `${name}: ${reason ?? 'down'}`);
  return {
    title: `${app} is ${state}`,
    body: lines(data.reason, ...missing),
    severity: serviceSeverities[state] ?? 5,
    dedupKey: `service:${app}:${state}`,
  };
}

const containerWordings: Readonly<Record<string, readonly [string, number]>> = {
  'gave-up': ['Gave up restarting', 8],
  unhealthy: ['Unhealthy:', 5],
  restarted: ['Restarted', 5],
  healthy: ['Healthy again:', 2],
};

function container({ data, params }: ForgeEvent<ContainerHealth>): Wording {
  const { host = '', state = '' } = params;
  const [words, severity] = containerWordings[state] ?? [`${state}:`, 5];
  return {
    title: `${words} ${data.name} on ${host}`,
    body: lines(data.reason, data.attempt === undefined ? undefined : `Restarts in a row: ${data.attempt}`),
    severity,
    dedupKey: `container:${host}/${data.name}:${state}`,
  };
}

function deadLetter({ data, params }: ForgeEvent<DeadLetter>): Wording {
  const { stream = '', consumer = '' } = params;
  // The payload may hold what redaction cannot see in base64: it stays in the stream.
  const { payload: _payload, headers: _headers, ...facts } = data;
  return {
    title: `${consumer} gave up an event of ${stream} (${data.cause})`,
    body: lines(
      `${data.code}: ${data.reason}`,
      `Subject: ${data.subject}, sequence ${data.sequence}`,
      'See: forge dead-letters list',
    ),
    severity: 6,
    dedupKey: `dead-letter:${stream}:${consumer}:${data.code}`,
    data: facts,
  };
}

function asked({ id, data, trace }: ForgeEvent<NotifyRequested>): Wording {
  return {
    title: data.title,
    body: data.body,
    severity: data.severity ?? 5,
    // Someone asked for exactly this: two wishes with the same words are two notices.
    dedupKey: `asked:${id}`,
    traceId: data.traceId ?? trace.traceId,
    data: data.data ?? {},
  };
}

function anyEvent({ subject, data }: ForgeEvent): Wording {
  const { summary, reason } = data as { readonly summary?: unknown; readonly reason?: unknown };
  return { title: subject, body: String(summary ?? reason ?? ''), severity: 5, dedupKey: `event:${subject}` };
}

function targetOf({ target, targetName }: MitigationTransition): string {
  return target === undefined ? (targetName ?? 'an unknown target') : `${target.name} on ${target.host}`;
}

function transitionBody(data: MitigationTransition): string {
  return lines(
    data.reason,
    data.contained === undefined || data.contained === 'none' ? undefined : `Contained: ${data.contained}`,
    data.until === undefined ? undefined : `Until: ${data.until}`,
    data.score === undefined ? undefined : `Score: ${data.score}`,
    `By: ${data.actor}`,
    `Mitigation: ${data.mitigationId}`,
  );
}

function lines(...texts: readonly (string | undefined)[]): string {
  return texts.filter((text) => text !== undefined && text !== '').join('\n');
}
