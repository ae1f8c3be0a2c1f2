import { stripVTControlCharacters } from 'node:util';
import {
  checkRules,
  defaultPolicy,
  MemoryInventory,
  ruleSetOf,
  telemetryEventOf,
  testRules,
} from '@sentinel-forge/sentinelcore';
import { describeCheck } from './check-rules.js';
import { describeRules } from './list-rules.js';
import { describeTest } from './test-rules.js';

const source = {
  file: 'my.yaml',
  text: `rules:
  - { id: failures, description: Many failures, when: { field: attributes.failures, gte: 10 }, score: 30 }
  - { id: root, description: It is root, when: { field: target.user, equals: root }, score: 20 }
`,
};

describe('a test of rules for people', () => {
  const report = testRules(
    telemetryEventOf('auth', { source: 'sshd', attributes: { failures: 12 }, target: { user: 'bob\u001b[2J' } }),
    {
      ruleSet: ruleSetOf([source]),
      policy: defaultPolicy,
      inventory: new MemoryInventory(),
      inForce: { on: () => [] },
      nowMs: 0,
    },
  );

  it('shows the decision, and what the tests of each matching rule found', () => {
    const text = stripVTControlCharacters(describeTest(report, false));
    expect(text).toMatch(/^observe at score 30\n/);
    expect(text).toContain('1 of 2 rules match (--all shows every one)');
    expect(text).toMatch(/✓ failures \+30 Many failures\n {2}✓ .*\(it is 12\)/);
    expect(text).not.toContain('It is root');
  });

  it('shows why the others do not match when asked to', () => {
    const text = stripVTControlCharacters(describeTest(report, true));
    expect(text).toMatch(/· root +It is root\n {2}✗ .*bob\\u001b\[2J/s);
  });
});

describe('describeCheck', () => {
  it('puts each problem on a line that an editor can jump to', () => {
    const outcome = checkRules([{ file: 'bad.yaml', text: 'rules:\n  - id: X\n' }]);
    const problems = outcome.isValid ? [] : outcome.problems;
    const text = describeCheck({ isValid: false, files: 1, rules: 0, problems });
    expect(text.split('\n')).toHaveLength(problems.length + 1);
    expect(text).toMatch(/^bad\.yaml:\d+:\d+: /);
  });

  it('counts when all is well', () => {
    expect(describeCheck({ isValid: true, files: 1, rules: 2, problems: [] })).toBe('2 rules in 1 file: all is well.');
  });
});

describe('describeRules', () => {
  it('puts the rules that matched most often first', () => {
    const rule = { description: 'd', score: 5, matches: 0 };
    const text = stripVTControlCharacters(
      describeRules({
        version: 'f'.repeat(64),
        allow: [],
        rules: [
          { ...rule, id: 'quiet' },
          { ...rule, id: 'busy', matches: 7, isSimulated: true },
        ],
      }),
    );
    expect(text).toMatch(/2 rules, version f{12}; matches first\n +7 +busy +\+5 +on trial +d\n +0 +quiet/);
  });
});
