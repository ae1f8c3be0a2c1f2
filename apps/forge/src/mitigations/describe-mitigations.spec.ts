import { stripVTControlCharacters } from 'node:util';
import { describeMitigation, describeMitigations, type ShownMitigation } from './describe-mitigations.js';

const nowMs = Date.parse('2026-01-31T12:00:00Z');
const mitigation: ShownMitigation = {
  id: `m-${'8'.repeat(32)}`,
  state: 'applied',
  request: {
    mitigationId: `m-${'8'.repeat(32)}`,
    action: 'quarantine',
    target: { host: 'h1', id: 'a'.repeat(64), name: 'web-1' },
    reason: 'quarantine at score 93: a shell\u001b[0m',
    score: 93,
    requestedAt: '2026-01-31T11:50:00Z',
    evidence: { eventId: 'e', subject: 's', source: 'web', contributions: [] },
  },
  sender: 'sentinelcore',
  receivedAt: '2026-01-31T11:50:00Z',
  contained: 'isolated',
  until: '2026-01-31T12:05:00Z',
  calls: ['POST /networks/n/disconnect'],
  history: [{ at: '2026-01-31T11:50:01Z', state: 'applied', actor: 'supervisor', reason: 'verified' }],
};

describe('describeMitigations', () => {
  it('says what is done to whom, why, and how much longer', () => {
    const text = stripVTControlCharacters(describeMitigations([mitigation], nowMs));
    expect(text).toContain('web-1 on h1');
    expect(text).toContain('for another 5 min');
    expect(text).toContain('a shell\\u{1b}[0m');
  });

  it('says that one waits for approval', () => {
    const waiting = { ...mitigation, state: 'requested', approveBefore: '2026-01-31T13:00:00Z' } as const;
    expect(describeMitigations([waiting], nowMs)).toContain('waits for approval until 2026-01-31T13:00:00Z');
  });

  it('says that there are none', () => {
    expect(describeMitigations([], nowMs)).toBe('No mitigations.');
  });
});

describe('describeMitigation', () => {
  it('tells who took which step, and what was done on Docker', () => {
    const text = stripVTControlCharacters(describeMitigation(mitigation, nowMs));
    expect(text).toMatch(/2026-01-31T11:50:01Z +applied +supervisor +verified/);
    expect(text).toContain('  POST /networks/n/disconnect');
  });
});
