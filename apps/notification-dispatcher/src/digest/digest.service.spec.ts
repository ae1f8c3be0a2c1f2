import fc from 'fast-check';
import { type DigestMember, digestOf } from './digest.service.js';

const member = fc.record(
  {
    id: fc.uuid(),
    title: fc.string({ minLength: 1, maxLength: 3 }),
    severity: fc.integer({ min: 0, max: 10 }),
    occurredAtMs: fc.integer({ min: 0, max: 4e12 }),
    traceId: fc.stringMatching(/^[0-9a-f]{32}$/),
  },
  { requiredKeys: ['id', 'title', 'severity', 'occurredAtMs'] },
);

describe('digest', () => {
  it('accounts for every notice in it, by severity and by title', () => {
    fc.assert(
      fc.property(fc.array(member, { minLength: 2, maxLength: 60 }), (members) => {
        const { summary, severity } = digestOf(members);
        const distinct = new Set(members.map(({ title }) => title)).size;
        expect(summary.count).toBe(members.length);
        expect(summary.bySeverity.reduce((sum, { count }) => sum + count, 0)).toBe(members.length);
        expect(summary.titles.length + summary.otherTitles).toBe(distinct);
        if (summary.otherTitles === 0) {
          expect(summary.titles.reduce((sum, { count }) => sum + count, 0)).toBe(members.length);
        }
        expect(severity).toBe(Math.max(...members.map((one) => one.severity)));
        expect(Date.parse(summary.firstAt)).toBe(Math.min(...members.map((one) => one.occurredAtMs)));
        expect(Date.parse(summary.lastAt)).toBe(Math.max(...members.map((one) => one.occurredAtMs)));
      }),
    );
  });

  it('stays of a readable size whatever goes into it', () => {
    const members = Array.from(
      { length: 10_000 },
      (_, index): DigestMember => ({
        id: `n-${index}`,
        title: `${'x'.repeat(240)}${index}`,
        severity: index % 11,
        occurredAtMs: index,
        traceId: index.toString(16).padStart(32, '0'),
      }),
    );
    const digest = digestOf(members);
    expect(digest.title).toBe('10000 notices in one digest');
    expect(digest.body.length).toBeLessThan(20_000);
    expect(JSON.stringify(digest.summary).length).toBeLessThan(20_000);
  });

  it('reads as one notice with a count when all say the same', () => {
    const members = [1, 2, 3].map((index) => ({
      id: `n-${index}`,
      title: 'web-1 is unhealthy',
      severity: 5,
      occurredAtMs: index,
    }));
    expect(digestOf(members).title).toBe('web-1 is unhealthy (3 times)');
  });
});
