import type { MitigationRequested, MitigationState } from '@sentinel-forge/contracts';
import { describeDuration } from '../terminal/duration.js';
import { safeText } from '../terminal/safe-text.js';
import { columns, paint } from '../terminal/table.js';

/** A mitigation as its supervisor tells of it, as far as it is shown. */
export interface ShownMitigation {
  readonly id: string;
  readonly state: MitigationState;
  readonly request: MitigationRequested;
  readonly sender: string;
  readonly receivedAt: string;
  readonly traceparent?: string;
  readonly contained?: string;
  readonly containedBecause?: string;
  readonly approveBefore?: string;
  readonly until?: string;
  readonly joinedTo?: string;
  readonly lastError?: string;
  readonly escapes?: number;
  readonly calls?: readonly string[];
  readonly history?: ReadonlyArray<{
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

/** Mitigations as a table, newest first. */
export function describeMitigations(mitigations: readonly ShownMitigation[], nowMs: number): string {
  if (mitigations.length === 0) {
    return 'No mitigations.';
  }
  return columns(
    mitigations.map((mitigation) => {
      const { id, state, request, receivedAt } = mitigation;
      return [
        paint('bold', id),
        paint('dim', receivedAt),
        paint(styles[state], state),
        request.action,
        safeText(`${request.target.name} on ${request.target.host}`),
        whenItEnds(mitigation, nowMs),
        safeText(request.reason),
      ];
    }),
  );
}

/** One mitigation with everything that became of it. */
export function describeMitigation(mitigation: ShownMitigation, nowMs: number): string {
  const { id, state, request, sender, history = [], calls = [] } = mitigation;
  const { contained, containedBecause, joinedTo, lastError, traceparent, escapes = 0 } = mitigation;
  const fields: ReadonlyArray<readonly [string, string | undefined]> = [
    ['state', [state, whenItEnds(mitigation, nowMs)].filter((part) => part !== '').join(', ')],
    ['action', `${request.action}${request.simulated === true ? ' (simulated)' : ''}`],
    ['container', `${request.target.name} (${request.target.id.slice(0, 12)}) on ${request.target.host}`],
    ['asked by', `${sender}, score ${request.score}`],
    ['reason', request.reason],
    ['contained', containedBecause === undefined ? contained : `${contained}: ${containedBecause}`],
    ['joined to', joinedTo],
    ['escapes', escapes === 0 ? undefined : `${escapes}, each contained again`],
    ['last error', lastError],
    ['trace', traceparent?.split('-')[1]],
  ];
  const rows = fields.flatMap(([name, value]) => (value === undefined ? [] : [[paint('dim', name), safeText(value)]]));
  const steps = history.map(({ at, state: step, actor, reason }) => [
    `  ${paint('dim', at)}`,
    step,
    safeText(actor),
    safeText(reason),
  ]);
  return [
    paint('bold', id),
    columns(rows),
    ...(steps.length === 0 ? [] : ['', 'What became of it:', columns(steps)]),
    ...(calls.length === 0 ? [] : ['', 'What was done on Docker:', ...calls.map((call) => `  ${safeText(call)}`)]),
  ].join('\n');
}

function whenItEnds({ state, until, approveBefore }: ShownMitigation, nowMs: number): string {
  if (state === 'requested' && approveBefore !== undefined) {
    return `waits for approval until ${approveBefore}`;
  }
  if (state !== 'applied') {
    return '';
  }
  const restMs = until === undefined ? undefined : Date.parse(until) - nowMs;
  return restMs === undefined
    ? 'until released'
    : restMs > 0
      ? `for another ${describeDuration(restMs)}`
      : 'about to be released';
}
