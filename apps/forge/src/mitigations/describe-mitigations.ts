import type { ContainerTarget, Evidence, MitigationState } from '@sentinel-forge/contracts';
import { signed } from '../defend/decision.js';
import { describeDuration } from '../terminal/duration.js';
import { safeText } from '../terminal/safe-text.js';
import { columns, paint } from '../terminal/table.js';

/** A mitigation as its supervisor lists it, as far as it is shown. */
export interface ListedMitigation {
  readonly id: string;
  readonly state: MitigationState;
  readonly action: string;
  readonly target: ContainerTarget;
  readonly contained: string;
  readonly containedBecause?: string;
  readonly score: number;
  readonly reason: string;
  readonly sender: string;
  readonly traceId: string;
  readonly receivedAt: string;
  readonly until?: string;
  readonly approveBefore?: string;
  readonly joinedTo?: string;
  readonly simulated?: boolean;
  readonly lastError?: string;
}

/** One mitigation with what led to it and what became of it. */
export interface ShownMitigation extends ListedMitigation {
  readonly evidence: Evidence;
  /** What was done on Docker, in order. */
  readonly calls: readonly string[];
  readonly history: ReadonlyArray<{
    readonly at: string;
    readonly state: string;
    readonly actor: string;
    readonly reason: string;
  }>;
}

const styles: Readonly<Record<MitigationState, Parameters<typeof paint>[0]>> = {
  requested: 'yellow',
  approved: 'yellow',
  executing: 'yellow',
  applied: 'red',
  releasing: 'cyan',
  released: 'green',
  failed: 'magenta',
  rejected: 'dim',
};

/** Mitigations as a table, newest first; before it the hosts on which nothing new is carried out. */
export function describeMitigations(
  mitigations: readonly ListedMitigation[],
  pausedHosts: readonly string[],
  nowMs: number,
): string {
  const paused = pausedHosts.map(
    (host) => `${paint('yellow', 'paused')} on ${safeText(host)}: nothing new is carried out`,
  );
  if (mitigations.length === 0) {
    return [...paused, 'No mitigations.'].join('\n');
  }
  const rows = mitigations.map((mitigation) => {
    const { id, state, action, target, reason, receivedAt } = mitigation;
    return [
      paint('bold', id),
      paint('dim', receivedAt),
      paint(styles[state], state),
      action,
      safeText(`${target.name} on ${target.host}`),
      whenItEnds(mitigation, nowMs),
      safeText(reason),
    ];
  });
  return [...paused, columns(rows)].join('\n');
}

/** One mitigation with everything that became of it. */
export function describeMitigation(mitigation: ShownMitigation, nowMs: number): string {
  const { id, history, calls, evidence } = mitigation;
  const rows = fieldsOf(mitigation, nowMs).flatMap(([name, value]) =>
    value === undefined ? [] : [[paint('dim', name), safeText(value)]],
  );
  const sum = evidence.contributions.map(({ rule, points, reason }) => [
    `  ${signed(points)}`,
    safeText(rule),
    safeText(reason),
  ]);
  const steps = history.map(({ at, state, actor, reason }) => [
    `  ${paint('dim', at)}`,
    state,
    safeText(actor),
    safeText(reason),
  ]);
  return [
    paint('bold', id),
    columns(rows),
    ...section('What the score is the sum of:', sum),
    ...section('What became of it:', steps),
    ...section(
      'What was done on Docker:',
      calls.map((call) => [`  ${safeText(call)}`]),
    ),
  ].join('\n');
}

function fieldsOf(mitigation: ShownMitigation, nowMs: number): ReadonlyArray<readonly [string, string | undefined]> {
  const { state, action, target, sender, score, reason, evidence, traceId } = mitigation;
  const { contained, containedBecause, joinedTo, lastError, simulated } = mitigation;
  return [
    ['state', [state, whenItEnds(mitigation, nowMs)].filter((part) => part !== '').join(', ')],
    ['action', `${action}${simulated === true ? ' (simulated)' : ''}`],
    ['container', `${target.name} (${target.id.slice(0, 12)}) on ${target.host}`],
    ['asked by', `${sender}, score ${score}, after ${evidence.subject} of ${evidence.source}`],
    ['reason', reason],
    ['contained', containedBecause === undefined ? contained : `${contained}: ${containedBecause}`],
    ['joined to', joinedTo],
    ['last error', lastError],
    ['trace', traceId],
  ];
}

function section(heading: string, rows: ReadonlyArray<readonly string[]>): readonly string[] {
  return rows.length === 0 ? [] : ['', heading, columns(rows)];
}

function whenItEnds({ state, until, approveBefore }: ListedMitigation, nowMs: number): string {
  if (state === 'requested' && approveBefore !== undefined) {
    return `waits for approval until ${approveBefore}`;
  }
  if (state !== 'applied') {
    return '';
  }
  const restMs = until === undefined ? undefined : Date.parse(until) - nowMs;
  if (restMs === undefined) {
    return 'until released';
  }
  return restMs > 0 ? `for another ${describeDuration(restMs)}` : 'about to be released';
}
