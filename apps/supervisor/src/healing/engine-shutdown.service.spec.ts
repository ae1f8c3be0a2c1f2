import fc from 'fast-check';
import { isEndOfEngine, stopsOfShutdown } from './engine-shutdown.service.js';

// As measured on 20.10: all signals within 20 ms, a stop 70 ms later or more; the stream ends 1.0 s after the last stop.
const shutdown = [
  { containerId: 'quick', killMs: 100_000, stopMs: 100_075, heardMs: 500_080 },
  { containerId: 'slow', killMs: 100_015, stopMs: 110_015, heardMs: 510_020 },
];
const byHand = { containerId: 'by hand', killMs: 99_850, stopMs: 99_930, heardMs: 499_935 };

describe('the stops of an engine that shuts down', () => {
  it("are told from a person's of a moment before, those of containers that stop slowly too", () => {
    expect([...stopsOfShutdown(shutdown, 511_020, false)].sort()).toEqual(['quick', 'slow']);
    expect([...stopsOfShutdown([byHand, ...shutdown], 511_020, false)].sort()).toEqual(['quick', 'slow']);
  });

  it('are all of them, however many there are and however slowly they are signalled', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 500 }), (gapsMs) => {
        let killMs = 100_000;
        const stops = gapsMs.map((gapMs, index) => {
          killMs += gapMs;
          return { containerId: String(index), killMs, stopMs: killMs + 70, heardMs: killMs + 70 };
        });
        expect(stopsOfShutdown(stops, killMs + 1_070, false)).toHaveLength(stops.length);
      }),
    );
  });

  it('are none when something runs on, or when the stream ends long after', () => {
    expect(stopsOfShutdown(shutdown, 511_020, true)).toEqual([]);
    fc.assert(
      fc.property(fc.integer({ min: 10_001, max: 1e9 }), (laterMs) => {
        expect(stopsOfShutdown(shutdown, 510_020 + laterMs, false)).toEqual([]);
      }),
    );
    expect(stopsOfShutdown([], 0, false)).toEqual([]);
  });
});

describe('an end while the engine was away', () => {
  it('was the engine’s own when all ended, and were stopped together or before anybody listened', () => {
    expect(isEndOfEngine(['quick', 'slow'], shutdown)).toBe(true);
    expect(isEndOfEngine(['quick', 'slow'], [])).toBe(true);
  });

  it('was not when some were stopped and others were not, or one after the other', () => {
    expect(isEndOfEngine(['quick', 'slow', 'killed'], shutdown)).toBe(false);
    expect(isEndOfEngine(['by hand', 'quick', 'slow'], [byHand, ...shutdown])).toBe(false);
  });
});
