import { type EventDefinition, events } from '@sentinel-forge/contracts';
import { type TracedEvent, timelineOf } from './timeline.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const target = { host: 'h1', id: 'a'.repeat(64), name: 'web-1' };
const mitigationId = `m-${'1'.repeat(32)}`;

function traced(
  definition: EventDefinition,
  source: string,
  storedAtMs: number,
  data: object,
  params: Record<string, string> = {},
  timeMs = storedAtMs,
): TracedEvent {
  const event = {
    ...{
      id: 'id',
      type: definition.type,
      source,
      subject: definition.subject,
      params,
      timeMs,
      storedAtMs,
      definition,
      data,
    },
    trace: { traceId, spanId: '00f067aa0ba902b7' },
  };
  return { event, stream: definition.stream, sequence: storedAtMs };
}

const telemetry = traced(
  events.telemetry,
  'web',
  1_000,
  { source: 'web', severity: 10, target: { container: 'web-1' }, summary: 'shell' },
  { signal: 'auth' },
);
const requested = traced(events.mitigationRequested, '/sentinelcore', 1_002, {
  mitigationId,
  action: 'quarantine',
  target,
  reason: 'r',
  score: 93,
  requestedAt: '2026-01-31T12:00:00Z',
  ttlMs: 3_600_000,
  evidence: {
    eventId: 'e',
    subject: 's',
    source: 'web',
    contributions: [
      { rule: 'severity', points: 90, reason: '' },
      { rule: 'calm', points: -2, reason: '' },
    ],
  },
});
const applied = traced(events.mitigationApplied, '/supervisor', 1_060, {
  mitigationId,
  action: 'quarantine',
  target,
  reason: 'contained',
  actor: 'supervisor',
  contained: 'isolated',
  calls: ['POST /networks/n/disconnect'],
});
const delivered = traced(events.noticeDelivered, '/notification-dispatcher', 1_100, {
  noticeId: 'n',
  channel: 'email',
  title: 'web-1 quarantined',
  attempts: 1,
  reason: '250 ok',
});

describe('timelineOf', () => {
  const { steps, durationMs } = timelineOf(traceId, [delivered, applied, telemetry, requested]);

  it('tells the whole way in order: telemetry, score, request, act, verify, notice', () => {
    expect(steps.map(({ stage }) => stage)).toEqual(['telemetry', 'score', 'request', 'act', 'verify', 'notice']);
  });

  it('says who took each step', () => {
    expect(steps.map(({ service }) => service)).toEqual([
      'web',
      'sentinelcore',
      'sentinelcore',
      'supervisor',
      'supervisor',
      'notification-dispatcher',
    ]);
  });

  it('says when each was since the beginning, and what it took', () => {
    expect(steps.map(({ offsetMs }) => offsetMs)).toEqual([0, 2, 2, 60, 60, 100]);
    expect(steps.map(({ tookMs }) => tookMs)).toEqual([0, 2, 0, 58, 0, 40]);
    expect(durationMs).toBe(100);
  });

  it('lists what the score is the sum of', () => {
    expect(steps[1]?.summary).toBe('93 = severity +90, calm -2');
  });

  it('puts what leads to something before it within one millisecond', () => {
    const sameTime = [
      { ...requested, event: { ...requested.event, storedAtMs: 1_000 } },
      { ...telemetry, sequence: 9_999_999 },
    ];
    expect(timelineOf(traceId, sameTime).steps[0]?.stage).toBe('telemetry');
  });

  it('takes a log record at the time it was written, not stored', () => {
    const record = {
      svc: 'supervisor',
      lvl: 'info',
      evt: 'docker.called',
      time: '2026-01-31T12:00:00Z',
      fields: { call: 'x' },
    };
    const log = traced(events.logRecord, '/supervisor', 5_000, record, {}, 1_030);
    const stages = timelineOf(traceId, [telemetry, requested, applied, log]).steps.map(({ stage }) => stage);
    expect(stages).toEqual(['telemetry', 'score', 'request', 'log', 'act', 'verify']);
  });

  it('is empty for nothing', () => {
    expect(timelineOf(traceId, [])).toEqual({ traceId, durationMs: 0, steps: [] });
  });
});
