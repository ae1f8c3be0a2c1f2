import { ForgeError } from '@sentinel-forge/contracts';
import { checkRules, type RuleSet, ruleSetOf } from './rule-set.js';
import { formatRuleProblem } from './yaml-field.js';

const rule = (lines: string): string => `rules:\n  - ${lines.trim().split('\n').join('\n    ')}\n`;
const minimal = rule(`
id: a-rule
description: something
when: { field: signal, equals: auth }
score: 10`);
const withCondition = (condition: string): string => minimal.replace('{ field: signal, equals: auth }', condition);
const problemsOf = (...texts: readonly string[]): readonly string[] => {
  const outcome = checkRules(texts.map((text, index) => ({ file: `f${index}.yaml`, text })));
  return outcome.isValid ? [] : outcome.problems.map(formatRuleProblem);
};
const setOf = (...texts: readonly string[]): RuleSet =>
  ruleSetOf(texts.map((text, index) => ({ file: `f${index}`, text })));

describe('a rule file', () => {
  it('names place, field, reason and mend of a fault, as compilers do', () => {
    expect(problemsOf(minimal.replace('score: 10', 'score: "10"'))).toEqual([
      'f0.yaml:5:12: rules[0].score: must be a number, not "10"; write it without quotes',
    ]);
  });

  it('is told everything that is wrong at once, over all files', () => {
    const broken = `rules:
  - id: Bad Id
    descripton: misspelt
    when:
      all:
        - { field: attributes.a, gte: many }
        - { field: sevrity, equals: 1 }
        - any: []
    score: 1000
    action: quarantine
    ttl: soon
  - just a text
allow:
  - { container: web }
`;
    expect(problemsOf(broken, 'rules: 7\n', 'nonsense: true\n')).toEqual([
      expect.stringMatching(/^f0.yaml:3:5: rules\[0\].descripton: "descripton" is not known here; use id, description/),
      expect.stringMatching(/^f0.yaml:2:9: rules\[0\].id: "Bad Id" is no id/),
      expect.stringMatching(/^f0.yaml:2:5: rules\[0\]: description is missing/),
      expect.stringMatching(/^f0.yaml:6:39: rules\[0\].when.all\[0\].gte: must be a number, not "many"/),
      expect.stringMatching(
        /^f0.yaml:7:20: rules\[0\].when.all\[1\].field: "sevrity" is not a field of telemetry; use /,
      ),
      expect.stringMatching(
        /^f0.yaml:8:16: rules\[0\].when.all\[2\].any: must be a list with something in it, not an empty/,
      ),
      expect.stringMatching(/^f0.yaml:9:12: rules\[0\].score: 1000 is out of range/),
      expect.stringMatching(
        /^f0.yaml:10:13: rules\[0\].action: must be one of restart, throttle, stop, not "quarantine"/,
      ),
      expect.stringMatching(/^f0.yaml:11:10: rules\[0\].ttl: "soon" is no time to live/),
      expect.stringMatching(/^f0.yaml:12:5: rules\[1\]: must be a mapping, not "just a text"/),
      expect.stringMatching(/^f0.yaml:14:5: allow\[0\]: reason is missing/),
      expect.stringMatching(/^f0.yaml:14:5: allow\[0\]: until is missing/),
      expect.stringMatching(/^f1.yaml:1:8: rules: must be a list with something in it, not 7/),
      expect.stringMatching(/^f2.yaml:1:1: nonsense: "nonsense" is not known here; use rules, allow/),
    ]);
  });

  it.each([
    ['{ equals: auth }', 'has none of all, any, not and field'],
    ['{ all: [{ field: signal, equals: a }], any: [{ field: signal, equals: a }] }', 'has more than one of all'],
    ['{ not: { field: signal, equals: a }, equals: b }', 'equals: does not go with not'],
    ['{ field: signal }', 'compares the field with nothing'],
    ['{ field: signal, gte: 1, ignoreCase: true }', 'ignoreCase: does nothing here'],
    ['{ field: signal, equals: [a] }', 'equals: must be a text, not a list'],
    ['{ field: signal, in: a }', 'in: must be a list with something in it, not "a"'],
    ['{ field: signal, in: [a, { b: 1 }] }', 'in[1]: must be a text, not a mapping'],
    ['{ field: severity, gte: .inf }', 'gte: must be a number, not Infinity'],
    ['{ field: severity, equals: .nan }', 'equals: must be a number, not NaN'],
    ['{ field: signal, exists: yes }', 'exists: must be true or false, not "yes"'],
    ['{ field: signal, equals: }', 'equals: must be a text, not empty'],
    [
      "{ field: summary, matches: '(a' }",
      'matches: a group is not closed; write \\( for the character (at character 3)',
    ],
    ["{ field: summary, matches: ['ok', '(?=a)'] }", 'matches[1]: only (…) and (?:…) groups are understood'],
    ['{ field: target.address, cidr: 10.0.0.0/40 }', 'cidr: "/40" is no prefix of 0 to 32 bits'],
    [`{ field: summary, contains: ${'x'.repeat(300)} }`, 'contains: has 300 characters; use at most 255'],
    [`${'{ not: '.repeat(14)}{ field: signal, equals: a }${' }'.repeat(14)}`, 'is nested more than 12 deep'],
  ])('is refused with the condition %s', (condition, reason) => {
    expect(problemsOf(withCondition(condition)).join('\n')).toContain(reason);
  });

  it.each([
    ['reason: "{target.name}"', '"target.name" is not a field of telemetry'],
    ['attack: [1110]', 'attack[0]: must be a text, not 1110'],
    ['attack: T11', '"T11" is no MITRE ATT&CK technique'],
    ['references: [www]', '"www" is no web address'],
    ['severityAtLeast: 11', '11 is out of range; use a whole number of 0 to 10'],
    ['ttl: 31d', '"31d" is no time to live'],
    ['simulate: 1', 'simulate: must be true or false, not 1'],
  ])('is refused with %s', (line, reason) => {
    expect(problemsOf(`${minimal}    ${line}\n`).join('\n')).toContain(reason);
  });

  it('may not give a rule the name of a contribution that no rule makes', () => {
    expect(problemsOf(minimal.replace('a-rule', 'severity')).join()).toContain('is a name of the score itself');
  });

  it('may not use an id twice, in whichever file', () => {
    expect(problemsOf(minimal, minimal)).toEqual([
      'f1.yaml:2:5: id: "a-rule" is already the id of the rule at f0.yaml:2; give one of them another id',
    ]);
  });

  it('is refused with anchors and aliases, however deep they would unfold', () => {
    const bomb = `a: &a [x, x]\nb: &b [*a, *a]\nrules:\n  - id: x\n    description: *a\n    when: *b\n    score: *b\n`;
    const problems = problemsOf(bomb);
    expect(problems).toContainEqual(
      expect.stringMatching(/5:18: .*description: anchors and aliases are not understood here/),
    );
    expect(problems).toContainEqual(expect.stringMatching(/6:11: .*when: anchors and aliases are not understood here/));
  });

  it.each([
    ['no YAML', 'rules: [', 1],
    ['the same key twice', `${minimal}    score: 11\n`, 6],
    ['two documents', `${minimal}---\n${minimal}`, 6],
    ['an unknown tag', 'rules: !!js/function x\n', 1],
    ['a depth that exhausts the parser', `rules: ${'['.repeat(50_000)}`, 1],
  ])('is refused where it holds %s', (_, text, line) => {
    expect(problemsOf(text)[0]).toMatch(new RegExp(`^f0.yaml:${line}:\\d+: .*; correct the YAML here$`));
  });

  it('is refused when it is too large to be looked at', () => {
    expect(problemsOf(`${minimal}# ${'x'.repeat(600_000)}`)).toEqual([
      'f0.yaml:1:1: the file has more than 512 KiB; split it into several files',
    ]);
  });

  it('may be empty beside another, but some rule there must be', () => {
    expect(problemsOf(minimal, '', '# nothing yet\n')).toEqual([]);
    expect(problemsOf('', '')).toEqual(['f0.yaml:1:1: there is no rule; write 1 to 2000 rules under "rules:"']);
  });
});

describe('the allow-list', () => {
  const allow = (entry: string): string => `${minimal}allow:\n  - { ${entry} }\n`;

  it.each([
    ['reason: r, until: 2030-01-01', 'would allow everything; name a container, a source or a rule'],
    ['reason: r, container: web', 'until is missing; say until when'],
    ['reason: r, container: web, until: tomorrow', '"tomorrow" is no time'],
    ['reason: r, container: web, until: 2030-02-31T00:00', 'is no time'],
    ['reason: r, rule: a-rul, until: 2030-01-01', 'there is no rule "a-rul"'],
  ])('refuses { %s }', (entry, reason) => {
    expect(problemsOf(allow(entry)).join('\n')).toContain(reason);
  });

  it('takes a day or an instant', () => {
    const entries = setOf(allow('reason: r, container: web, until: 2030-01-01T12:00:00+01:00')).allow;
    expect(entries).toMatchObject([{ container: 'web', untilMs: Date.UTC(2030, 0, 1, 11) }]);
    expect(setOf(allow('reason: r, source: s, until: 2030-01-01')).allow).toMatchObject([
      { untilMs: Date.UTC(2030, 0, 1) },
    ]);
  });
});

describe('a rule set', () => {
  it('has the version of what it says: layout, comments and the split into files do not matter', () => {
    const other = minimal.replace('a-rule', 'b-rule');
    const both = `${minimal}${other.replace('rules:\n', '')}`;
    const { version } = setOf(minimal, other);
    expect(version).toMatch(/^[0-9a-f]{64}$/);
    expect(setOf(`# a comment\n${both.replace('score: 10', 'score:   10')}`).version).toBe(version);
    expect(setOf(other, minimal).version).toBe(version);
    expect(setOf(minimal, other.replace('score: 10', 'score: 11')).version).not.toBe(version);
    expect(setOf(minimal, `${other}allow: [{ source: s, reason: r, until: 2030-01-01 }]\n`).version).not.toBe(version);
  });

  it('throws all problems of its files as one error', () => {
    expect(() => setOf('rules: 1\nallow: 2\n')).toThrow(ForgeError);
    expect(() => setOf('rules: 1\nallow: 2\n')).toThrow(/f0:1:8: .*\nf0:2:8: /);
  });
});
