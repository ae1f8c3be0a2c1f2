import fc from 'fast-check';
import { describeDuration, parseDurationMs, parsePastMs } from './duration.js';

describe('parseDurationMs', () => {
  it.each([
    ['90s', 90_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    ['250ms', 250],
  ])('reads %s', (text, expected) => {
    expect(parseDurationMs(text)).toBe(expected);
  });

  it.each(['', '10', 'm', '-5m', '5 m', '5min', '1h x', '36501d', '99999999999999999999d'])('refuses "%s"', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });
});

describe('parsePastMs', () => {
  it('takes a duration as one before now', () => {
    expect(parsePastMs('10m', 1_000_000)).toBe(400_000);
  });

  it('takes a time as itself', () => {
    expect(parsePastMs('2026-01-31T12:00:00Z', 0)).toBe(Date.UTC(2026, 0, 31, 12));
  });

  it('refuses what is neither, a bare number included', () => {
    expect(parsePastMs('yesterday', 0)).toBeUndefined();
    expect(parsePastMs('1706702400', 0)).toBeUndefined();
  });
});

describe('describeDuration', () => {
  it.each([
    [0.4, '0 ms'],
    [999, '999 ms'],
    [2_400, '2.4 s'],
    [60_000, '1 min'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
    [345_600_000, '4 d'],
  ])('writes %d ms as %s', (durationMs, expected) => {
    expect(describeDuration(durationMs)).toBe(expected);
  });

  it('never carries a unit over into itself, such as 59 min 60 s', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10 * 86_400_000 }),
        (ms) => !/\b(60 (s|min)|24 h)$/.test(describeDuration(ms)),
      ),
    );
  });
});
