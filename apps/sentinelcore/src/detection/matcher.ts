import type { Condition } from './condition.js';
import { compileCondition, type Predicate, type ReaderOf } from './condition-compiler.js';
import type { TelemetryEvent } from './field.js';
import { FieldMemo } from './field-memo.js';
import { type Equalities, equalitiesOf, requiredFieldsOf } from './necessities.js';
import type { Rule } from './rule.js';

/** All rules that match an event, in the order of the rule set. The list is the caller's; an empty one is shared. */
export type Matcher = (event: TelemetryEvent) => readonly Rule[];

const none: readonly Rule[] = Object.freeze([]);
/** Below so many rules a look at a field costs more than it saves. */
const minBranched = 2;

/**
 * Compiles rules to one matcher. The rules are split by the field that most of them test for equality, each branch again by
 * its own; where no equality is left, by the field that most of them cannot do without. So an event meets only the few rules
 * that could match it. The full condition of those is then asked: the branches can only ever save work.
 * For an event that no rule matches, nothing is allocated.
 */
export function compileMatcher(rules: readonly Rule[]): Matcher {
  const memo = new FieldMemo();
  const readerOf: ReaderOf = (field) => memo.readerOf(field);
  const compiled = rules.map(({ when }, index) => compileRule(when, index, readerOf));
  const root = new BranchBuilder(readerOf).branchOf(compiled, new Set());
  return (event) => {
    memo.forget();
    const hits = root(event, undefined);
    return hits === undefined ? none : hits.sort((a, b) => a - b).flatMap((index) => rules[index] ?? []);
  };
}

interface CompiledRule {
  /** The rule's place in the rule set. */
  readonly index: number;
  readonly matches: Predicate;
  readonly equalities: Equalities;
  readonly required: ReadonlySet<string>;
}

function compileRule(when: Condition, index: number, readerOf: ReaderOf): CompiledRule {
  const matches = compileCondition(when, readerOf);
  return { index, matches, equalities: equalitiesOf(when), required: requiredFieldsOf(when) };
}

/** Adds the rules of a branch that match to the hits; the list is made with the first. */
type Branch = (event: TelemetryEvent, hits: number[] | undefined) => number[] | undefined;

class BranchBuilder {
  constructor(private readonly readerOf: ReaderOf) {}

  /** A branch for rules of which the fields that are decided are known to be as each of them needs it. */
  branchOf(rules: readonly CompiledRule[], decided: ReadonlySet<string>): Branch {
    const equal = busiest(rules, ({ equalities }) => [...equalities.keys()].filter((field) => !decided.has(field)));
    if (equal !== undefined) {
      return this.#indexOn(equal, rules, decided);
    }
    const required = busiest(rules, (rule) => [...rule.required].filter((field) => !decided.has(field)));
    return required === undefined ? leafOf(rules) : this.#gateOn(required, rules, decided);
  }

  #indexOn(field: string, rules: readonly CompiledRule[], decided: ReadonlySet<string>): Branch {
    const { keyed = [], unkeyed = [] } = Object.groupBy(rules, ({ equalities }) =>
      equalities.has(field) ? 'keyed' : 'unkeyed',
    );
    const others = this.branchOf(unkeyed, decided);
    const below = new Set([...decided, field]);
    const buckets = [...bucketsOf(keyed, field)];
    const branches = new Map(buckets.map(([value, bucket]) => [value, this.branchOf(bucket, below)]));
    const everyKeyed = leafOf(keyed);
    const read = this.readerOf(field);
    return (event, before) => {
      const value = read(event);
      let hits = before;
      if (Array.isArray(value)) {
        // A list can lead into several branches, and to the same rule in each: rare, so these rules are simply all asked.
        hits = everyKeyed(event, hits);
      } else if (value !== undefined) {
        const branch = branches.get(value);
        hits = branch === undefined ? hits : branch(event, hits);
      }
      return others(event, hits);
    };
  }

  #gateOn(field: string, rules: readonly CompiledRule[], decided: ReadonlySet<string>): Branch {
    const { gated = [], free = [] } = Object.groupBy(rules, ({ required }) => (required.has(field) ? 'gated' : 'free'));
    const behind = this.branchOf(gated, new Set([...decided, field]));
    const others = this.branchOf(free, decided);
    const read = this.readerOf(field);
    return (event, before) => others(event, read(event) === undefined ? before : behind(event, before));
  }
}

function bucketsOf(rules: readonly CompiledRule[], field: string): ReadonlyMap<unknown, readonly CompiledRule[]> {
  const buckets = new Map<unknown, CompiledRule[]>();
  for (const rule of rules) {
    for (const value of rule.equalities.get(field) ?? []) {
      const bucket = buckets.get(value) ?? [];
      bucket.push(rule);
      buckets.set(value, bucket);
    }
  }
  return buckets;
}

function leafOf(rules: readonly CompiledRule[]): Branch {
  return (event, before) => {
    let hits = before;
    for (const { matches, index } of rules) {
      if (matches(event)) {
        hits ??= [];
        hits.push(index);
      }
    }
    return hits;
  };
}

/** The field that most rules have among theirs, if it is worth a branch. */
function busiest(
  rules: readonly CompiledRule[],
  fieldsOf: (rule: CompiledRule) => readonly string[],
): string | undefined {
  const counts = new Map<string, number>();
  for (const field of rules.flatMap(fieldsOf)) {
    counts.set(field, (counts.get(field) ?? 0) + 1);
  }
  const [first] = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return first !== undefined && first[1] >= minBranched ? first[0] : undefined;
}
