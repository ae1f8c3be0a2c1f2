import fc from 'fast-check';
import { Agenda } from './agenda.js';

describe('the agenda', () => {
  it('gives every key exactly once, at the time that was set last, and in order', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), key: fc.constantFrom(...'abcdefgh'), atMs: fc.nat(100) }),
      fc.record({ kind: fc.constant('delete' as const), key: fc.constantFrom(...'abcdefgh') }),
      fc.record({ kind: fc.constant('take' as const), forMs: fc.nat(30) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const agenda = new Agenda();
        const model = new Map<string, number>();
        let nowMs = 0;
        for (const one of steps) {
          if (one.kind === 'set') {
            agenda.set(one.key, one.atMs);
            model.set(one.key, one.atMs);
          } else if (one.kind === 'delete') {
            agenda.delete(one.key);
            model.delete(one.key);
          } else {
            nowMs += one.forMs;
            const due = [...model].filter(([, atMs]) => atMs <= nowMs);
            const taken = agenda.takeDue(nowMs);
            expect([...taken].sort()).toEqual(due.map(([key]) => key).sort());
            const times = taken.map((key) => model.get(key) ?? Number.NaN);
            expect(times).toEqual([...times].sort((a, b) => a - b));
            for (const [key] of due) {
              model.delete(key);
            }
          }
          expect(agenda.size).toBe(model.size);
          expect(agenda.nextAtMs).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
        }
      }),
    );
  });

  it('stays small however often one key is moved', () => {
    const agenda = new Agenda();
    for (let atMs = 0; atMs < 100_000; atMs++) {
      agenda.set('a', atMs);
    }
    expect(agenda.takeDue(200_000)).toEqual(['a']);
    expect(agenda.takeDue(200_000)).toEqual([]);
  });
});
