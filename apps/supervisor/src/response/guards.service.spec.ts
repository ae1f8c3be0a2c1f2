import fc from 'fast-check';
import { containedLimit, whyTooMuch } from './guards.service.js';

const policy = fc.record({
  maxActionsPerMinute: fc.integer({ min: 1, max: 50 }),
  maxContainedPercent: fc.integer({ min: 0, max: 100 }),
  minContained: fc.integer({ min: 1, max: 5 }),
});

describe('the guards', () => {
  it('let no more actions through within any minute than the policy says', () => {
    const arrivals = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(policy, arrivals, (limits, gapsMs) => {
        const begunMs: number[] = [];
        let nowMs = 0;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          const radius = { recentActionsMs: begunMs, contained: 0, fleetSize: 100 };
          if (whyTooMuch({ isLasting: true, isContained: false }, radius, limits, nowMs) === undefined) {
            begunMs.push(nowMs);
          }
        }
        for (const fromMs of begunMs) {
          const within = begunMs.filter((timeMs) => timeMs >= fromMs && timeMs < fromMs + 60_000);
          expect(within.length).toBeLessThanOrEqual(limits.maxActionsPerMinute);
        }
      }),
    );
  });

  it('hold no more of the fleet than the policy says, but always let the first ones through', () => {
    fc.assert(
      fc.property(policy, fc.nat(500), (limits, fleetSize) => {
        let contained = 0;
        while (
          whyTooMuch(
            { isLasting: true, isContained: false },
            { recentActionsMs: [], contained, fleetSize },
            limits,
            0,
          ) === undefined
        ) {
          contained += 1;
        }
        expect(contained).toBe(containedLimit(fleetSize, limits));
        expect(contained).toBeGreaterThanOrEqual(limits.minContained);
        expect(contained).toBeLessThanOrEqual(
          Math.max(limits.minContained, (fleetSize * limits.maxContainedPercent) / 100),
        );
      }),
    );
  });

  it('let a stronger action on what is held already through a full fleet, for it adds nobody', () => {
    const full = { recentActionsMs: [], contained: 9, fleetSize: 9 };
    const limits = { maxActionsPerMinute: 10, maxContainedPercent: 50, minContained: 1 };
    expect(whyTooMuch({ isLasting: true, isContained: true }, full, limits, 0)).toBeUndefined();
    expect(whyTooMuch({ isLasting: true, isContained: false }, full, limits, 0)).toMatch(/release some/);
  });
});
