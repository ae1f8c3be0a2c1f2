import { verdicts } from '@sentinel-forge/contracts';
import fc from 'fast-check';
import { verdictStrength } from './action-strength.js';
import { defaultPolicy, problemsOfPolicy, responsePolicy, verdictOfScore } from './response-policy.js';

const thresholds = fc
  .tuple(...[0, 1, 2].map(() => fc.integer({ min: 1, max: 101 })))
  .map((values) => values.toSorted((a, b) => a - b))
  .map(([notifyFrom = 1, isolateFrom = 1, quarantineFrom = 1]) => ({ notifyFrom, isolateFrom, quarantineFrom }));
const allScores = Array.from({ length: 101 }, (_, score) => score);

describe('the response policy', () => {
  it('gives every score exactly one verdict, and a higher score never a weaker one', () => {
    fc.assert(
      fc.property(thresholds, (own) => {
        const policy = responsePolicy(own);
        const given = allScores.map((score) => verdictOfScore(score, policy));
        expect(given.every((verdict) => verdicts.includes(verdict))).toBe(true);
        expect(given[0]).toBe('observe');
        for (const [index, verdict] of given.entries()) {
          expect(verdictStrength(verdict)).toBeGreaterThanOrEqual(verdictStrength(given[index - 1] ?? 'observe'));
        }
      }),
    );
  });

  it.each([
    [0, 'observe'],
    [39, 'observe'],
    [40, 'notify'],
    [69, 'notify'],
    [70, 'isolate'],
    [89, 'isolate'],
    [90, 'quarantine'],
    [100, 'quarantine'],
  ])('leads by default from %d to %s', (score, verdict) => {
    expect(verdictOfScore(score, defaultPolicy)).toBe(verdict);
  });

  it('can leave a step out', () => {
    expect(verdictOfScore(100, responsePolicy({ isolateFrom: 101, quarantineFrom: 101 }))).toBe('notify');
    expect(verdictOfScore(80, responsePolicy({ isolateFrom: 80, quarantineFrom: 80 }))).toBe('quarantine');
  });

  it('names everything that is wrong with it', () => {
    const broken = { ...defaultPolicy, notifyFrom: 0, isolateFrom: 95, quarantineFrom: 90.5, isolateTtlMs: 10 };
    expect(problemsOfPolicy(broken)).toEqual([
      'notifyFrom is 0; it must be a whole number of 1 to 101 (101 is never)',
      'quarantineFrom is 90.5; it must be a whole number of 1 to 101 (101 is never)',
      'notifyFrom 0, isolateFrom 95, quarantineFrom 90.5 must not descend',
      'isolateTtlMs is 10; it must be a whole number of at least 1000',
    ]);
    expect(() => responsePolicy({ notifyFrom: 71 })).toThrow('must not descend');
    expect(() => responsePolicy({ notifyFrom: Number.NaN })).toThrow('notifyFrom is NaN');
  });
});
