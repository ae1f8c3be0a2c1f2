import { parseCondition } from './condition-parser.js';
import { durationMs } from './duration.js';
import { problemOfTemplate, ReasonTemplate } from './reason-template.js';
import { type AllowEntry, type Rule, ruleActions } from './rule.js';
import { openYaml, type RuleProblem, type RuleSource, type YamlField } from './yaml-field.js';

/** What stands in one file. */
export interface RuleFile {
  readonly rules: readonly Rule[];
  readonly allow: readonly AllowEntry[];
}

const maxIdLength = 64;
const maxTextLength = 500;
const maxNameLength = 255;
const minTtlMs = 1000;
const maxTtlMs = 30 * 24 * 3600 * 1000;
// The ids of contributions that no rule makes.
const reservedIds = ['severity', 'cap', 'floor', 'others'];

/** Reads one file. Everything that is wrong is added to the problems; what is right is in the answer all the same. */
export function parseRuleFile(source: RuleSource, problems: RuleProblem[]): RuleFile {
  const root = openYaml(source, problems);
  if (root === undefined || root.isEmpty) {
    return { rules: [], allow: [] };
  }
  const fields = root.asMapping(['rules', 'allow']);
  return {
    rules: (fields?.get('rules')?.asList() ?? []).map(parseRule).filter((rule) => rule !== undefined),
    allow: (fields?.get('allow')?.asList() ?? []).map(parseAllowEntry).filter((entry) => entry !== undefined),
  };
}

function parseRule(node: YamlField): Rule | undefined {
  const fields = node.asMapping([
    'id',
    'description',
    'when',
    'score',
    'reason',
    'severityAtLeast',
    'action',
    'ttl',
    'simulate',
    'attack',
    'references',
  ]);
  if (fields === undefined) {
    return undefined;
  }
  const need = (name: 'id' | 'description' | 'when' | 'score'): YamlField | undefined =>
    fields.get(name) ?? node.refuse(`${name} is missing`, `add "${name}: …" to the rule`);
  const id = idOf(need('id'));
  const description = need('description')?.asText(maxTextLength);
  const whenNode = need('when');
  const when = whenNode && parseCondition(whenNode);
  const score = need('score')?.asInteger(-100, 100);
  const reason = templateOf(fields.get('reason')) ?? literalTemplate(description ?? '');
  const severityAtLeast = fields.get('severityAtLeast')?.asInteger(0, 10);
  const action = fields.get('action')?.asWord(ruleActions);
  const ttlMs = ttlOf(fields.get('ttl'));
  const isSimulated = fields.get('simulate')?.asBoolean() ?? false;
  const attack = textsOf(fields.get('attack'), attackId);
  const references = textsOf(fields.get('references'), reference);
  if (id === undefined || description === undefined || when === undefined || score === undefined) {
    return undefined;
  }
  return {
    id,
    description,
    when,
    score,
    reason,
    ...(severityAtLeast === undefined ? {} : { severityAtLeast }),
    ...(action === undefined ? {} : { action }),
    ...(ttlMs === undefined ? {} : { ttlMs }),
    isSimulated,
    attack,
    references,
    place: node.place,
  };
}

function parseAllowEntry(node: YamlField): AllowEntry | undefined {
  const fields = node.asMapping(['reason', 'container', 'source', 'rule', 'until']);
  if (fields === undefined) {
    return undefined;
  }
  const need = (name: 'reason' | 'until', why: string): YamlField | undefined =>
    fields.get(name) ?? node.refuse(`${name} is missing`, why);
  const reason = need('reason', 'say why this is harmless')?.asText(maxTextLength);
  const untilMs = instantOf(need('until', 'say until when: an exception without an end is forgotten'));
  const container = fields.get('container')?.asText(maxNameLength);
  const source = fields.get('source')?.asText(maxNameLength);
  const rule = fields.get('rule')?.asText(maxIdLength);
  if (!fields.has('container') && !fields.has('source') && !fields.has('rule')) {
    return node.refuse('would allow everything', 'name a container, a source or a rule');
  }
  if (reason === undefined || untilMs === undefined) {
    return undefined;
  }
  return {
    reason,
    ...(container === undefined ? {} : { container }),
    ...(source === undefined ? {} : { source }),
    ...(rule === undefined ? {} : { rule }),
    untilMs,
    place: node.place,
  };
}

function idOf(node: YamlField | undefined): string | undefined {
  const id = node?.asText(maxIdLength);
  if (id === undefined || node === undefined) {
    return undefined;
  }
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id)) {
    return node.refuse(`"${id}" is no id`, 'use lower-case words and digits joined by "-"');
  }
  return reservedIds.includes(id) ? node.refuse(`"${id}" is a name of the score itself`, 'choose another id') : id;
}

function templateOf(node: YamlField | undefined): ReasonTemplate | undefined {
  const source = node?.asText(maxTextLength);
  if (source === undefined || node === undefined) {
    return undefined;
  }
  const problem = problemOfTemplate(source);
  return problem === undefined ? new ReasonTemplate(source) : node.refuse(problem.reason, problem.mend);
}

function literalTemplate(text: string): ReasonTemplate {
  return new ReasonTemplate(text.replaceAll(/[{}]/g, ''));
}

function ttlOf(node: YamlField | undefined): number | undefined {
  const text = node?.asText(20);
  if (text === undefined) {
    return undefined;
  }
  const ttlMs = durationMs(text);
  return ttlMs !== undefined && ttlMs >= minTtlMs && ttlMs <= maxTtlMs
    ? ttlMs
    : node?.refuse(`"${text}" is no time to live`, 'write 90s, 15m, 1h or 2d: from 1 s to 30 d');
}

function instantOf(node: YamlField | undefined): number | undefined {
  const text = node?.asText(40);
  if (text === undefined) {
    return undefined;
  }
  const isDated = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const timeMs = isDated ? Date.parse(text) : Number.NaN;
  return Number.isNaN(timeMs)
    ? node?.refuse(`"${text}" is no time`, 'write 2026-12-31 or 2026-12-31T18:00:00Z')
    : timeMs;
}

function textsOf(node: YamlField | undefined, read: (element: YamlField) => string | undefined): readonly string[] {
  return (node?.asOneOrMore() ?? []).map(read).filter((text) => text !== undefined);
}

function attackId(node: YamlField): string | undefined {
  const id = node.asText(maxIdLength);
  return id === undefined || /^T\d{4}(\.\d{3})?$/.test(id)
    ? id
    : node.refuse(`"${id}" is no MITRE ATT&CK technique`, 'write T1110 or T1110.001');
}

function reference(node: YamlField): string | undefined {
  const url = node.asText(maxTextLength);
  return url === undefined || /^https?:\/\/\S+$/.test(url)
    ? url
    : node.refuse(`"${url}" is no web address`, 'write one that begins with https://');
}
