import fc from 'fast-check';
import {
  afterAnswer,
  afterFault,
  afterRestart,
  afterStart,
  type BreakerState,
  closedBreaker,
  mayPass,
  defaultBreakerPolicy as policy,
} from './breaker.service.js';

const faults = (count: number, nowMs = 0): BreakerState =>
  Array.from({ length: count }).reduce<BreakerState>((state) => afterFault(state, policy, nowMs, 0.5), closedBreaker);

describe('breaker', () => {
  it('opens after so many faults in a row and not before', () => {
    expect(faults(policy.faultsToOpen - 1).kind).toBe('closed');
    expect(faults(policy.faultsToOpen).kind).toBe('open');
  });

  it('forgets faults with the first answer', () => {
    expect(afterAnswer()).toEqual(closedBreaker);
  });

  it('lets one try through when its time is over, and none beside it', () => {
    const open = faults(policy.faultsToOpen);
    const untilMs = open.kind === 'open' ? open.untilMs : 0;
    expect(mayPass(open, untilMs - 1)).toBe(false);
    expect(mayPass(open, untilMs)).toBe(true);
    expect(mayPass(afterStart(open), untilMs)).toBe(false);
  });

  it('stays open longer with each probe that fails, up to the cap', () => {
    let state = faults(policy.faultsToOpen);
    const spans: number[] = [];
    for (let probe = 0; probe < 10 && state.kind === 'open'; probe += 1) {
      spans.push(state.untilMs);
      state = afterFault(afterStart(state), policy, 0, 1 - Number.EPSILON);
    }
    expect(spans.slice(1, 4)).toEqual([9999, 19_999, 39_999]);
    expect(Math.max(...spans)).toBeLessThanOrEqual(policy.maxOpenMs);
  });

  it('is not prolonged by tries that began before it opened', () => {
    const open = faults(policy.faultsToOpen);
    expect(afterFault(open, policy, 10_000, 0.5)).toBe(open);
  });

  it('is neither stuck nor forgotten after a restart in the middle of a probe', () => {
    const restarted = afterRestart(afterStart(faults(policy.faultsToOpen)), 77);
    expect(restarted).toMatchObject({ kind: 'open', untilMs: 77 });
    expect(mayPass(restarted, 77)).toBe(true);
  });

  it('under any sequence of tries never has two probes at once, and always lets one through in bounded time', () => {
    const step = fc.record({
      waitMs: fc.nat({ max: 90_000 }),
      isFault: fc.boolean(),
      chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let state = closedBreaker;
        let nowMs = 0;
        for (const { waitMs, isFault, chance } of steps) {
          nowMs += waitMs;
          if (mayPass(state, nowMs)) {
            const under = afterStart(state);
            expect(under.kind === 'half-open' && mayPass(under, nowMs)).toBe(false);
            state = isFault ? afterFault(under, policy, nowMs, chance) : afterAnswer();
          }
          expect(mayPass(state, nowMs + policy.maxOpenMs)).toBe(true);
        }
      }),
    );
  });
});
