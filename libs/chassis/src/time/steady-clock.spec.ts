import fc from 'fast-check';
import { SteadyClock } from './steady-clock.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Two clocks in the hands of a test, and the one that is tried. */
function clocks(): { pass(ms: number): void; set(ms: number): void; readonly steady: SteadyClock } {
  let wallMs = 1_800_000_000_000;
  let monotonicMs = 5;
  const steady = new SteadyClock(
    () => wallMs,
    () => monotonicMs,
  );
  return {
    steady,
    pass: (ms) => {
      wallMs += ms;
      monotonicMs += ms;
    },
    set: (ms) => {
      wallMs += ms;
    },
  };
}

describe('the steady clock', () => {
  it('is the wall clock while nobody sets that', () => {
    const { steady, pass } = clocks();
    pass(12_345);
    expect(steady.now()).toBe(1_800_000_012_345);
  });

  it.each([hourMs, -hourMs])(
    'lasts within a tenth of what really passes when the wall clock is set by %d ms',
    (stepMs) => {
      const { steady, pass, set } = clocks();
      const beforeMs = steady.now();
      set(stepMs);
      expect(Math.abs(steady.now() - beforeMs)).toBeLessThanOrEqual(1);
      pass(10 * minuteMs);
      expect(Math.abs(steady.now() - beforeMs - 10 * minuteMs)).toBeLessThanOrEqual(minuteMs);
    },
  );

  it('has caught up with an hour after ten', () => {
    const { steady, pass, set } = clocks();
    const beforeMs = steady.now();
    set(-hourMs);
    pass(10 * hourMs);
    expect(steady.now()).toBe(beforeMs + 9 * hourMs);
  });

  it('follows at once what no clock that was ever right is set by', () => {
    const { steady, pass, set } = clocks();
    const beforeMs = steady.now();
    set(365 * 24 * hourMs);
    pass(1);
    expect(steady.now()).toBe(beforeMs + 365 * 24 * hourMs + 1);
  });

  it('never goes back, whatever is set how often, by up to a day', () => {
    const step = fc.record({ passMs: fc.nat(hourMs), setMs: fc.integer({ min: -hourMs, max: hourMs }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const { steady, pass, set } = clocks();
        let lastMs = steady.now();
        for (const { passMs, setMs } of steps) {
          set(setMs);
          pass(passMs);
          const nowMs = steady.now();
          expect(nowMs).toBeGreaterThanOrEqual(lastMs);
          lastMs = nowMs;
        }
      }),
    );
  });
});
