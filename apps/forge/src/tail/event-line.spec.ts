import { stripVTControlCharacters } from 'node:util';
import { createRedactor } from '@sentinel-forge/chassis';
import type { StoredMessage } from '@sentinel-forge/contracts';
import { describeEvent, seenEventOf } from './event-line.js';
import { resumeOption } from './tail.js';

const message = (payload: unknown, subject = 'defend.auth'): StoredMessage => ({
  stream: 'DEFEND',
  sequence: 7,
  subject,
  headers: undefined,
  payload: Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)),
  storedAtMs: Date.UTC(2026, 0, 31, 12),
});
const redactor = createRedactor({ keys: ['badge_number'] });
const lineOf = (payload: unknown): string =>
  stripVTControlCharacters(describeEvent(seenEventOf(message(payload), redactor)));

describe('an event on the terminal', () => {
  it('shows what a person looks for first', () => {
    const line = lineOf({ source: 'sshd', severity: 7, summary: '12 failed logins' });
    expect(line).toMatch(
      /^2026-01-31T12:00:00\.000Z {2}defend\.auth {2}sshd {2}12 failed logins {2}severity=7 {2}trace=[0-9a-f]{32} DEFEND:7$/,
    );
  });

  it('cannot forge a second one, colour the next or turn its direction', () => {
    const line = describeEvent(
      seenEventOf(
        message({ source: 'a\n2026 b', summary: '\u001b[31mred\u202e', attributes: { '\r\nx': '\u2028' } }),
        redactor,
      ),
    );
    expect(stripVTControlCharacters(line)).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    expect(line).toContain('\\u{1b}[31mred');
  });

  it('hides secrets, by the names that REDACT_KEYS adds too', () => {
    const line = lineOf({ source: 'web', attributes: { deep: { badge_number: 'hunter2', password: 'hunter3' } } });
    expect(line).not.toMatch(/hunter/);
    expect(line).toContain('[redacted]');
  });

  it('is shown with what is wrong with it when it breaks its contract, and still without secrets', () => {
    const seen = seenEventOf(message({ source: 'web', severity: 99, password: 'hunter2' }), redactor);
    expect(seen.problem).toContain('severity must be at most 10');
    expect(JSON.stringify(seen)).not.toContain('hunter2');
  });

  it('is shown even when it is not JSON', () => {
    expect(lineOf('hello\u0007')).toContain('invalid: the payload is not JSON');
  });
});

describe('a tail that ended', () => {
  it('is taken up at the next sequence of its stream, or at the time of the last event of several', () => {
    const last = { sequence: 7, storedAtMs: Date.UTC(2026, 0, 31, 12) };
    expect(resumeOption(['defend.auth', 'defend.process'], last)).toBe('--from-seq 8');
    expect(resumeOption(['defend.>', 'mitigation.>'], last)).toBe('--since 2026-01-31T12:00:00.000Z');
  });
});
