import fc from 'fast-check';
import { EventLines } from './event-lines.js';

const line = (id: number): string =>
  `${JSON.stringify({ Type: 'container', Action: 'start', Actor: { ID: `c${id}`, Attributes: { name: 'größe' } }, timeNano: id })}\n`;

function idsIn(pieces: readonly string[]): string[] {
  const lines = new EventLines();
  return pieces.flatMap((piece) => [...lines.push(piece)].map((event) => event.containerId));
}

describe('EventLines', () => {
  it('reads the same events however the stream is cut', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.array(fc.nat(2_000)), (count, places) => {
        const text = Array.from({ length: count }, (_, id) => line(id)).join('');
        const ends = [...new Set(places)].sort((a, b) => a - b);
        const pieces = [0, ...ends].map((start, index) => text.slice(start, ends[index] ?? text.length));
        expect(idsIn(pieces)).toEqual(Array.from({ length: count }, (_, id) => `c${id}`));
      }),
    );
  });

  it('holds the loop for no more than moments while it reads 10,000 events that came at once', () => {
    const text = Array.from({ length: 10_000 }, (_, id) => line(id)).join('');
    const pieceChars = 64 * 1024;
    const lines = new EventLines();
    let events = 0;
    let longestMicros = 0;
    for (let start = 0; start < text.length; start += pieceChars) {
      // Processor time: that other work runs on the machine must not fail this.
      const before = process.cpuUsage();
      events += [...lines.push(text.slice(start, start + pieceChars))].length;
      const { user, system } = process.cpuUsage(before);
      longestMicros = Math.max(longestMicros, user + system);
    }
    expect(events).toBe(10_000);
    expect(longestMicros).toBeLessThan(100_000);
  });

  it('passes over a line without an end, keeping none of it, and reads what follows', () => {
    const endless = Array.from({ length: 40 }, () => 'x'.repeat(100_000));
    expect(idsIn([line(1), ...endless, '\n', line(2)])).toEqual(['c1', 'c2']);
  });
});
