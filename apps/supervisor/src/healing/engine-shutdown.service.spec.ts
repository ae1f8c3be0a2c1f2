import fc from 'fast-check';
import { stopsOfShutdown } from './engine-shutdown.service.js';

// As measured on 20.10: all signals within 20 ms, the stream ends 1.0 s after the last stop.
const shutdown = [
  { containerId: 'quick', killMs: 100_000, heardMs: 500_030 },
  { containerId: 'slow', killMs: 100_015, heardMs: 510_020 },
];

describe('the stops of an engine that shuts down', () => {
  it("are told from a person's, those of containers that stop slowly too", () => {
    expect(stopsOfShutdown(shutdown, 511_020, false)).toEqual(['quick', 'slow']);
    const byHand = { containerId: 'by hand', killMs: 98_500, heardMs: 498_600 };
    expect(stopsOfShutdown([byHand, ...shutdown], 511_020, false)).toEqual(['quick', 'slow']);
  });

  it('are none when something runs on, or when the stream ends long after', () => {
    expect(stopsOfShutdown(shutdown, 511_020, true)).toEqual([]);
    fc.assert(
      fc.property(fc.integer({ min: 3_001, max: 1e9 }), (laterMs) => {
        expect(stopsOfShutdown(shutdown, 510_020 + laterMs, false)).toEqual([]);
      }),
    );
    expect(stopsOfShutdown([], 0, false)).toEqual([]);
  });
});
