import { type ForgeEvent, matchSubject } from '@sentinel-forge/contracts';
import { noticeFor } from './notice.templates.js';

function eventOn(subject: string, data: object): ForgeEvent {
  const match = matchSubject(subject);
  if (match === undefined) {
    throw new Error(`no event on ${subject}`);
  }
  const trace = { traceId: '1'.repeat(32), spanId: '1'.repeat(16) };
  return {
    ...match,
    id: 'e1',
    type: match.definition.type,
    source: '/x',
    subject,
    timeMs: 7,
    storedAtMs: 7,
    data,
    trace,
  };
}

const mitigation = {
  mitigationId: `m-${'1'.repeat(32)}`,
  action: 'quarantine',
  target: { host: 'host-a', id: 'c0ffee', name: 'web-1' },
  reason: 'brute force',
  score: 97,
  actor: 'supervisor',
};

describe('the notice of an event', () => {
  it.each([
    ['mitigation.supervisor.applied', mitigation, 'Quarantined web-1 on host-a', 9],
    [
      'mitigation.supervisor.applied',
      { ...mitigation, simulated: true },
      'Simulated: would quarantine web-1 on host-a',
      4,
    ],
    ['mitigation.supervisor.failed', mitigation, 'Could not quarantine web-1 on host-a', 9],
    ['mitigation.supervisor.released', mitigation, 'Released web-1 on host-a (quarantine)', 4],
    [
      'mitigation.sentinelcore.rejected',
      { ...mitigation, target: undefined, targetName: 'web' },
      'Refused to quarantine web',
      5,
    ],
    [
      'mitigation.sentinelcore.requested.host-a',
      { ...mitigation, needsApproval: true },
      'Approval needed to quarantine web-1 on host-a',
      8,
    ],
    ['mitigation.log-indexer.self', { what: 'tampering-found', reason: 'entry 7' }, 'log-indexer: tampering found', 10],
    [
      'health.service.supervisor.degraded',
      { reason: 'no engine', dependencies: [{ name: 'docker', isUp: false }] },
      'supervisor is degraded',
      6,
    ],
    [
      'health.container.host-a.gave-up',
      { id: 'c0ffee', name: 'web-1', reason: '5 restarts' },
      'Gave up restarting web-1 on host-a',
      8,
    ],
    ['notify.requested', { title: 'Hello', body: 'World', severity: 2 }, 'Hello', 2],
    ['defend.auth', { source: 'web', summary: 'odd' }, 'defend.auth', 5],
  ])('on %s says what happened and how much it matters', (subject, data, title, severity) => {
    expect(noticeFor(eventOn(subject, data))).toMatchObject({
      title,
      severity,
      eventId: 'e1',
      subject,
      occurredAtMs: 7,
    });
  });

  it('of a dead letter leaves out payload and headers, which nobody could redact', () => {
    const letter = {
      cause: 'invalid',
      code: 'FORGE_EVENT_INVALID',
      reason: 'severity is too large',
      subject: 'defend.auth',
      sequence: 3,
      deliveries: 1,
      storedAt: '2026-01-01T00:00:00Z',
      headers: { authorization: ['Bearer secret'] },
      payload: Buffer.from('secret').toString('base64'),
    };
    const notice = noticeFor(eventOn('dead-letter.DEFEND.sentinelcore', letter));
    expect(notice.title).toBe('sentinelcore gave up an event of DEFEND (invalid)');
    expect(JSON.stringify(notice)).not.toMatch(/secret|c2VjcmV0/);
  });

  it('has one key for what says the same, and another for what does not', () => {
    const keyOf = (subject: string, data: object): string => noticeFor(eventOn(subject, data)).dedupKey;
    const other = { ...mitigation, mitigationId: `m-${'2'.repeat(32)}` };
    const rejected = 'mitigation.supervisor.rejected';
    expect(keyOf(rejected, mitigation)).toBe(keyOf(rejected, other));
    expect(keyOf('mitigation.supervisor.applied', mitigation)).not.toBe(keyOf('mitigation.supervisor.applied', other));
    expect(keyOf('health.service.supervisor.down', { reason: 'a', dependencies: [] })).toBe(
      keyOf('health.service.supervisor.down', { reason: 'b', dependencies: [] }),
    );
  });

  it('belongs to the trace that a request names, or else to that of its event', () => {
    const traceId = '2'.repeat(32);
    expect(noticeFor(eventOn('notify.requested', { title: 't', body: '', traceId })).traceId).toBe(traceId);
    expect(noticeFor(eventOn('notify.requested', { title: 't', body: '' })).traceId).toBe('1'.repeat(32));
  });

  it('has a title of one bounded line', () => {
    const { title } = noticeFor(eventOn('notify.requested', { title: `a\r\nb${'x'.repeat(500)}`, body: '' }));
    expect(title).toMatch(/^a bx+$/);
    expect(title).toHaveLength(255);
  });
});
