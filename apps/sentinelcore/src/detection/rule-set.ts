import { createHash } from 'node:crypto';
import { ForgeError } from '@sentinel-forge/contracts';
import type { TelemetryEvent } from './field.js';
import { compileMatcher, type Matcher } from './matcher.js';
import type { AllowEntry, Rule } from './rule.js';
import { parseRuleFile } from './rule-parser.js';
import { formatRuleProblem, type RuleProblem, type RuleSource } from './yaml-field.js';

/** Rules and allow-list, validated and compiled. Never changes: a reload makes another one. */
export class RuleSet {
  /** SHA-256 of what the rules and the allow-list say, in hexadecimal; comments, order and layout of the files do not matter. */
  readonly version: string;
  readonly #match: Matcher;

  constructor(
    readonly rules: readonly Rule[],
    readonly allow: readonly AllowEntry[],
  ) {
    this.version = digestOf(rules, allow);
    this.#match = compileMatcher(rules);
  }

  /** The rules that match an event, in the order of their ids. */
  match(event: TelemetryEvent): readonly Rule[] {
    return this.#match(event);
  }
}

/** A rule set, or everything that is wrong with its files. */
export type RuleSetOutcome =
  | { readonly isValid: true; readonly ruleSet: RuleSet }
  | { readonly isValid: false; readonly problems: readonly RuleProblem[] };

const maxRules = 2000;

/** Reads and compiles rule files; the one check behind start, hot reload and `forge rules check`. */
export function checkRules(sources: readonly RuleSource[]): RuleSetOutcome {
  const problems: RuleProblem[] = [];
  const files = sources.map((source) => parseRuleFile(source, problems));
  const rules = files.flatMap((file) => file.rules);
  const allow = files.flatMap((file) => file.allow);
  problems.push(...duplicatesIn(rules), ...strayEntries(allow, rules, problems.length > 0));
  const [file] = sources;
  if (problems.length === 0 && (rules.length === 0 || rules.length > maxRules)) {
    const reason = rules.length === 0 ? 'there is no rule' : `there are more than ${maxRules} rules`;
    const place = { file: file?.file ?? 'rules', line: 1, column: 1, field: '' };
    problems.push({ ...place, reason, mend: `write 1 to ${maxRules} rules under "rules:"` });
  }
  return problems.length > 0
    ? { isValid: false, problems }
    : { isValid: true, ruleSet: new RuleSet(rules.toSorted(byId), allow) };
}

/** The rule set of some files. Throws `FORGE_RULES_INVALID` with every problem, one on a line. */
export function ruleSetOf(sources: readonly RuleSource[]): RuleSet {
  const outcome = checkRules(sources);
  if (outcome.isValid) {
    return outcome.ruleSet;
  }
  const { problems } = outcome;
  throw new ForgeError('FORGE_RULES_INVALID', problems.map(formatRuleProblem).join('\n'), { details: { problems } });
}

function duplicatesIn(rules: readonly Rule[]): readonly RuleProblem[] {
  const first = new Map<string, Rule>();
  return rules.flatMap((rule) => {
    const known = first.get(rule.id);
    if (known === undefined) {
      first.set(rule.id, rule);
      return [];
    }
    const reason = `"${rule.id}" is already the id of the rule at ${known.place.file}:${known.place.line}`;
    return [{ ...rule.place, field: 'id', reason, mend: 'give one of them another id' }];
  });
}

// A misspelt rule in the allow-list would protect nothing and say nothing. While rules are broken nobody knows their ids.
function strayEntries(allow: readonly AllowEntry[], rules: readonly Rule[], isBroken: boolean): readonly RuleProblem[] {
  const ids = new Set(rules.map((rule) => rule.id));
  return allow
    .filter(({ rule }) => !isBroken && rule !== undefined && !ids.has(rule))
    .map(({ rule, place }) => ({
      ...place,
      field: 'rule',
      reason: `there is no rule "${rule}"`,
      mend: 'name one that there is',
    }));
}

function byId(a: Rule, b: Rule): number {
  return a.id < b.id ? -1 : 1;
}

function digestOf(rules: readonly Rule[], allow: readonly AllowEntry[]): string {
  const said = [
    ...rules.map(({ place: _, reason, ...rule }) => JSON.stringify({ ...rule, reason: reason.source })).sort(),
    ...allow.map(({ place: _, ...entry }) => JSON.stringify(entry)).sort(),
  ];
  return createHash('sha256').update(JSON.stringify(said)).digest('hex');
}
