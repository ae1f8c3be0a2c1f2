import fc from 'fast-check';
import { ReasonTemplate } from '../detection/reason-template.js';
import type { Rule } from '../detection/rule.js';
import { telemetryEventOf } from '../planning/rule-test.js';
import { type Score, scoreEvent } from './scoring.service.js';
import { severityPoints } from './severity.js';

const severities = fc.oneof(fc.integer({ min: 0, max: 10 }), fc.double({ min: 0, max: 10, noNaN: true }));
const ruleArbitrary: fc.Arbitrary<Rule> = fc
  .record({
    score: fc.integer({ min: -100, max: 100 }),
    severityAtLeast: fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined }),
  })
  .map(({ score, severityAtLeast }) => ruleOf('r', score, severityAtLeast));
const rulesArbitrary = fc.array(ruleArbitrary, { maxLength: 60 });

describe('the points of a severity', () => {
  it('are those that are documented', () => {
    const points = Array.from({ length: 11 }, (_, severity) => severityPoints(severity));
    expect(points).toEqual([0, 1, 4, 8, 14, 23, 32, 44, 58, 73, 90]);
  });

  it('never fall with a higher severity', () => {
    fc.assert(
      fc.property(severities, severities, (a, b) => {
        expect(severityPoints(Math.max(a, b))).toBeGreaterThanOrEqual(severityPoints(Math.min(a, b)));
      }),
    );
  });
});

describe('a score', () => {
  it('is a whole number of 0 to 100 and the exact sum of its contributions', () => {
    fc.assert(
      fc.property(severities, rulesArbitrary, (severity, rules) => {
        const { score, contributions } = scoreOf(severity, rules);
        expect(Number.isInteger(score) && score >= 0 && score <= 100).toBe(true);
        expect(contributions.reduce((sum, { points }) => sum + points, 0)).toBe(score);
      }),
    );
  });

  it('never falls by one more rule that adds points', () => {
    fc.assert(
      fc.property(severities, rulesArbitrary, fc.integer({ min: 0, max: 100 }), (severity, rules, points) => {
        const more = [...rules, ruleOf('more', points)];
        expect(scoreOf(severity, more).score).toBeGreaterThanOrEqual(scoreOf(severity, rules).score);
      }),
    );
  });

  it('is the same bytes for the same event and rules', () => {
    fc.assert(
      fc.property(severities, rulesArbitrary, (severity, rules) => {
        expect(JSON.stringify(scoreOf(severity, rules))).toBe(JSON.stringify(scoreOf(severity, rules)));
      }),
    );
  });

  it('says what it is the sum of', () => {
    expect(scoreOf(5, [ruleOf('a', 20), ruleOf('b', -3)])).toEqual({
      score: 40,
      contributions: [
        { rule: 'severity', points: 23, reason: 'severity 5 of 10' },
        { rule: 'a', points: 20, reason: 'a of web' },
        { rule: 'b', points: -3, reason: 'b of web' },
      ],
    });
    expect(scoreOf(undefined, [])).toEqual({ score: 0, contributions: [] });
  });

  it('says what was cut off above 100 and below 0', () => {
    expect(scoreOf(10, [ruleOf('a', 20)]).contributions.at(-1)).toMatchObject({ rule: 'cap', points: -10 });
    expect(scoreOf(1, [ruleOf('a', -20)]).contributions.at(-1)).toMatchObject({ rule: 'floor', points: 19 });
  });

  it('counts an event as at least as severe as a rule says, and says which', () => {
    const rules = [ruleOf('a', 0, 3), ruleOf('b', 0, 7), ruleOf('c', 0, 7)];
    expect(scoreOf(2, rules).contributions[0]).toEqual({
      rule: 'severity',
      points: 44,
      reason: 'severity 2 of 10, at least 7 by b',
    });
    expect(scoreOf(8, rules).contributions[0]).toEqual({ rule: 'severity', points: 58, reason: 'severity 8 of 10' });
  });

  it('lists a bounded number of rules and sums up the others', () => {
    const rules = Array.from({ length: 50 }, (_, index) => ruleOf(`r${index}`, 1));
    const { score, contributions } = scoreOf(0, rules);
    expect(score).toBe(50);
    expect(contributions).toHaveLength(41);
    expect(contributions.at(-1)).toEqual({ rule: 'others', points: 10, reason: '10 more rules' });
  });
});

function scoreOf(severity: number | undefined, rules: readonly Rule[]): Score {
  const data = { source: 'web', ...(severity === undefined ? {} : { severity }) };
  return scoreEvent(telemetryEventOf('auth', data), rules);
}

function ruleOf(id: string, score: number, severityAtLeast?: number): Rule {
  return {
    id,
    description: id,
    when: { kind: 'test', field: 'signal', operator: 'exists', value: true },
    score,
    reason: new ReasonTemplate(`${id} of {source}`),
    ...(severityAtLeast === undefined ? {} : { severityAtLeast }),
    isSimulated: false,
    attack: [],
    references: [],
    place: { file: 'spec', line: 1, column: 1 },
  };
}
