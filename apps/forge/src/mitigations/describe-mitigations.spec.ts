import { stripVTControlCharacters } from 'node:util';
import { describeMitigation, describeMitigations, type ShownMitigation } from './describe-mitigations.js';

const nowMs = Date.parse('2026-01-31T12:00:00Z');
const mitigation: ShownMitigation = {
  id: `m-${'8'.repeat(32)}`,
  state: 'applied',
  action: 'quarantine',
  target: { host: 'h1', id: 'a'.repeat(64), name: 'web-1' },
  contained: 'isolated',
  score: 93,
  reason: 'quarantine at score 93: a shell\u001b[0m',
  sender: 'sentinelcore',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  receivedAt: '2026-01-31T11:50:00Z',
  until: '2026-01-31T12:05:00Z',
  evidence: {
    eventId: 'e',
    subject: 'defend.process',
    source: 'sensor',
    contributions: [{ rule: 'shell', points: 93, reason: 'a shell' }],
  },
  calls: ['POST /networks/n/disconnect'],
  history: [{ at: '2026-01-31T11:50:01Z', state: 'applied', actor: 'supervisor', reason: 'verified' }],
};

describe('describeMitigations', () => {
  it('says what is done to whom, why, and how much longer', () => {
    const text = stripVTControlCharacters(describeMitigations([mitigation], [], nowMs));
    expect(text).toContain('web-1 on h1');
    expect(text).toContain('for another 5 min');
    expect(text).toContain('a shell\\u{1b}[0m');
  });

  it('says that one waits for approval', () => {
    const waiting = { ...mitigation, state: 'requested', approveBefore: '2026-01-31T13:00:00Z' } as const;
    expect(describeMitigations([waiting], [], nowMs)).toContain('waits for approval until 2026-01-31T13:00:00Z');
  });

  it('says first that the one big switch is set', () => {
    const text = stripVTControlCharacters(describeMitigations([mitigation], ['h1'], nowMs));
    expect(text).toMatch(/^paused on h1: nothing new is carried out\nm-8/);
  });

  it('says that there are none', () => {
    expect(describeMitigations([], [], nowMs)).toBe('No mitigations.');
  });
});

describe('describeMitigation', () => {
  it('tells who took which step, and what was done on Docker', () => {
    const text = stripVTControlCharacters(describeMitigation(mitigation, nowMs));
    expect(text).toMatch(/2026-01-31T11:50:01Z +applied +supervisor +verified/);
    expect(text).toContain('  POST /networks/n/disconnect');
    expect(text).toMatch(/\+93 +shell +a shell/);
  });
});
