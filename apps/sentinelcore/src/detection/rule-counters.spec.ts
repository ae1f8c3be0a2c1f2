import { RuleCounters } from './rule-counters.js';
import { ruleSetOf } from './rule-set.js';

const text = (id: string): string =>
  `  - { id: ${id}, description: d, when: { field: signal, equals: ${id} }, score: 1 }\n`;
const setOf = (...ids: readonly string[]) => ruleSetOf([{ file: 'f', text: `rules:\n${ids.map(text).join('')}` }]);

describe('the counters of rules', () => {
  it('count by id, also over a reload, and forget rules that are gone', () => {
    const counters = new RuleCounters();
    const before = setOf('a', 'b', 'c');
    counters.count(before.rules.slice(0, 2));
    counters.count(before.rules.slice(0, 1));
    expect([...counters.snapshot(before.rules)]).toEqual([
      ['a', 2],
      ['b', 1],
      ['c', 0],
    ]);
    const after = setOf('a', 'd');
    counters.count(after.rules.slice(0, 1));
    expect([...counters.snapshot(after.rules)]).toEqual([
      ['a', 3],
      ['d', 0],
    ]);
    expect([...counters.snapshot(before.rules)]).toEqual([
      ['a', 3],
      ['b', 0],
      ['c', 0],
    ]);
  });
});
