import fc from 'fast-check';
import { Agenda } from './agenda.js';

/** An agenda beside the simplest thing that does the same. */
class Comparison {
  readonly agenda = new Agenda();
  readonly model = new Map<string, number>();
  #nowMs = 0;

  set(key: string, atMs: number): void {
    this.agenda.set(key, atMs);
    this.model.set(key, atMs);
  }

  delete(key: string): void {
    this.agenda.delete(key);
    this.model.delete(key);
  }

  take(forMs: number): void {
    this.#nowMs += forMs;
    const due = [...this.model].filter(([, atMs]) => atMs <= this.#nowMs).sort(([, a], [, b]) => a - b);
    const taken = this.agenda.takeDue(this.#nowMs);
    expect([...taken].sort()).toEqual(due.map(([key]) => key).sort());
    expect(taken.map((key) => this.model.get(key))).toEqual(due.map(([, atMs]) => atMs));
    for (const [key] of due) {
      this.model.delete(key);
    }
  }

  agree(): void {
    expect(this.agenda.size).toBe(this.model.size);
    expect(this.agenda.nextAtMs).toBe(this.model.size === 0 ? undefined : Math.min(...this.model.values()));
  }
}

describe('the agenda', () => {
  it('gives every key exactly once, at the time that was set last, and in order', () => {
    const key = fc.constantFrom(...'abcdefgh');
    const step = fc.oneof(
      fc.tuple(key, fc.nat(100)).map(
        ([name, atMs]) =>
          (both: Comparison) =>
            both.set(name, atMs),
      ),
      key.map((name) => (both: Comparison) => both.delete(name)),
      fc.nat(30).map((forMs) => (both: Comparison) => both.take(forMs)),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const both = new Comparison();
        for (const take of steps) {
          take(both);
          both.agree();
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
