import { stripVTControlCharacters } from 'node:util';
import { describeLetter, describeLetters, type ShownDeadLetter } from './dead-letters.js';

const letter: ShownDeadLetter = {
  sequence: 3,
  app: 'sentinelcore',
  consumer: 'sentinelcore',
  cause: 'invalid',
  code: 'FORGE_EVENT_INVALID',
  reason: 'severity must be at most 10',
  stream: 'DEFEND',
  subject: 'defend.x\u001b[2J',
  originalSequence: 12,
  deliveries: 1,
  storedAt: '2026-01-31T12:00:00Z',
  trace: '4bf92f3577b34da6a3ce929d0e0e4736',
  headers: { 'X-Odd\n': ['a'] },
  payload: '{"severity":99}\nforged',
};

describe('dead letters for people', () => {
  it('say why each was given up, one on a line', () => {
    const text = stripVTControlCharacters(describeLetters([letter, letter]));
    expect(text.split('\n')).toHaveLength(2);
    expect(text).toContain('severity must be at most 10');
  });

  it('show one whole, harmless, with how to have it handled again', () => {
    const text = stripVTControlCharacters(describeLetter(letter));
    expect(text).toContain('defend.x\\u{1b}[2J');
    expect(text).toContain('  {"severity":99}\\nforged');
    expect(text).toContain('X-Odd\\n');
    expect(text).toContain('forge dead-letters replay 3 [--payload @mended.json]');
  });

  it('say that there are none', () => {
    expect(describeLetters([])).toBe('No dead letters.');
  });
});
