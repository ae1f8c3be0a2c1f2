import { describeDuration } from '../terminal/duration.js';
import { safeText } from '../terminal/safe-text.js';
import { columns, paint } from '../terminal/table.js';
import type { MeshStatus, ServiceStatus } from './mesh-status.js';

const stateStyles = { up: 'green', degraded: 'yellow', down: 'red' } as const;

/** The state of the mesh for people. */
export function describeStatus(status: MeshStatus, nowMs: number): string {
  const { nats, docker, services } = status;
  const rows = [
    ...services.map((service) => serviceRow(service, nowMs)),
    [paint('bold', 'nats-server'), paint('green', 'up'), nats.version, '', nats.url],
    ...(docker === undefined ? [] : [dockerRow(docker)]),
  ];
  return [columns(rows), '', describeConsumers(status), describeDeadLetters(status)].join('\n');
}

function serviceRow({ app, state, reason, summary, url, instances }: ServiceStatus, nowMs: number): string[] {
  const [first] = instances;
  const uptime = first === undefined ? '' : `for ${describeDuration(Math.max(0, nowMs - Date.parse(first.startedAt)))}`;
  const count = instances.length > 1 ? `${instances.length} × ` : '';
  return [
    paint('bold', app),
    paint(stateStyles[state], state),
    `${count}${first?.version ?? ''}`,
    uptime,
    ...(url === undefined ? [] : [url]),
    reason === '' ? paint('dim', summary) : safeText(reason),
  ];
}

function dockerRow({ isUp, reason = '' }: NonNullable<MeshStatus['docker']>): string[] {
  return [paint('bold', 'docker'), isUp ? paint('green', 'up') : paint('yellow', 'away'), '', '', safeText(reason)];
}

function describeConsumers({ consumers }: MeshStatus): string {
  const behind = consumers.filter(({ pending, unacknowledged }) => pending + unacknowledged > 0);
  if (behind.length === 0) {
    return `${consumers.length} consumers, none behind.`;
  }
  const rows = behind.map(({ stream, name, pending, unacknowledged, redelivered }) => [
    `  ${stream}/${name}`,
    `${pending} waiting`,
    `${unacknowledged} being handled`,
    redelivered === 0 ? '' : `${redelivered} delivered again`,
  ]);
  return `${consumers.length} consumers, ${behind.length} behind:\n${columns(rows)}`;
}

function describeDeadLetters({ deadLetters: { total, bySubject } }: MeshStatus): string {
  if (total === 0) {
    return 'No dead letters.';
  }
  const rows = Object.entries(bySubject).map(([subject, count]) => [`  ${safeText(subject)}`, String(count)]);
  return `${paint('yellow', `${total} dead letters`)} (forge dead-letters list):\n${columns(rows)}`;
}
