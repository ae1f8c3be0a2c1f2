import fc from 'fast-check';
import { computeReconnectDelayMs } from './reconnect-delay.js';

describe('computeReconnectDelayMs', () => {
  it('is never at once, and never longer than 5 s', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, random) => {
        const delayMs = computeReconnectDelayMs(failures, random);
        expect(delayMs).toBeGreaterThanOrEqual(50);
        expect(delayMs).toBeLessThanOrEqual(5_000);
      }),
    );
  });

  it('grows with the failures, up to the cap', () => {
    const delays = [0, 1, 2, 3, 4, 5, 1_000].map((failures) => computeReconnectDelayMs(failures, 0.999_999));
    expect(delays).toEqual([199, 399, 799, 1_599, 3_199, 4_999, 4_999]);
  });
});
