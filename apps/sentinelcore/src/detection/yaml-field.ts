import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Place } from './rule.js';

/** A file of rules, as text. */
export interface RuleSource {
  /** How problems name it: a path. */
  readonly file: string;
  readonly text: string;
}

/** One thing that is wrong in a file, with its place and what to do about it. */
export interface RuleProblem extends Place {
  /** The field concerned: `rules[3].when.all[1].gte`; empty for the whole file. */
  readonly field: string;
  readonly reason: string;
  readonly mend: string;
}

/** A problem on one line, as compilers write it, so that editors can jump to it. */
export function formatRuleProblem({ file, line, column, field, reason, mend }: RuleProblem): string {
  return `${file}:${line}:${column}: ${field === '' ? '' : `${field}: `}${reason}; ${mend}`;
}

/** The most that a file may hold. */
export const maxFileBytes = 512 * 1024;
// A file that is no YAML at all is wrong on every line; the first few say enough.
const maxSyntaxProblems = 20;

/**
 * The content of a file, or undefined after its problems have been added to the list. Anchors and aliases are refused where they
 * stand (see {@link YamlField}): nobody needs them here, and a few lines of them can unfold to gigabytes.
 */
export function openYaml({ file, text }: RuleSource, problems: RuleProblem[]): YamlField | undefined {
  if (Buffer.byteLength(text) > maxFileBytes) {
    const reason = `the file has more than ${maxFileBytes / 1024} KiB`;
    problems.push({ file, line: 1, column: 1, field: '', reason, mend: 'split it into several files' });
    return undefined;
  }
  const lineCounter = new LineCounter();
  // `error` and not `silent`: silence would let a second document pass unread.
  const document = parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true, logLevel: 'error' });
  const placeOf = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line, column: col };
  };
  const faults = [...document.errors, ...document.warnings].slice(0, maxSyntaxProblems);
  for (const { message, pos } of faults) {
    problems.push({ ...placeOf(pos[0]), field: '', reason: message.replace(/\.$/, ''), mend: 'correct the YAML here' });
  }
  return faults.length > 0 ? undefined : new YamlField({ placeOf, problems }, '', document.contents, 0);
}

interface YamlFile {
  readonly placeOf: (offset: number) => Place;
  readonly problems: RuleProblem[];
}

/**
 * One value in a file with its path and place. Each `as…` answers the value as what is wanted, or adds a problem and answers
 * undefined: all that is wrong is found in one go.
 */
export class YamlField {
  constructor(
    private readonly file: YamlFile,
    readonly path: string,
    private readonly node: Node | null,
    private readonly offset: number,
  ) {}

  get place(): Place {
    return this.file.placeOf(this.node?.range?.[0] ?? this.offset);
  }

  /** Whether nothing stands here: an empty file, a key without a value. */
  get isEmpty(): boolean {
    return this.node === null || (isScalar(this.node) && this.node.value === null);
  }

  /** Says that something is wrong here. */
  refuse(reason: string, mend: string): undefined {
    this.file.problems.push({ ...this.place, field: this.path, reason, mend });
    return undefined;
  }

  /** The values of a mapping by their keys; keys that are not known are refused. */
  asMapping<Key extends string>(known: readonly Key[]): ReadonlyMap<Key, YamlField> | undefined {
    if (!isMap(this.node)) {
      return this.#refuseKind('a mapping', `write ${known.slice(0, 4).join(': …, ')}: …`);
    }
    const fields = new Map<Key, YamlField>();
    for (const { key, value } of this.node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      const offset = (key as Node).range?.[0] ?? this.offset;
      const path = this.path === '' ? name : `${this.path}.${name}`;
      if (isOneOf(name, known)) {
        fields.set(name, new YamlField(this.file, path, value as Node | null, offset));
      } else {
        new YamlField(this.file, path, key as Node, offset).refuse(
          `"${name}" is not known here`,
          `use ${known.join(', ')}`,
        );
      }
    }
    return fields;
  }

  /** The elements of a list that is not empty. */
  asList(): readonly YamlField[] | undefined {
    if (!isSeq(this.node) || this.node.items.length === 0) {
      return this.#refuseKind('a list with something in it', 'write one "- …" for each element');
    }
    return this.node.items.map((item, index) => this.#element(item as Node, index));
  }

  /** The elements of a list, or the value itself where it is none. */
  asOneOrMore(): readonly YamlField[] | undefined {
    return isSeq(this.node) ? this.asList() : [this];
  }

  asText(maxLength: number): string | undefined {
    const value = this.#scalar();
    if (typeof value !== 'string' || value.trim() === '') {
      return this.#refuseKind('a text', 'put it in quotes if it looks like a number, true, false or null');
    }
    return value.length > maxLength ? this.refuse(`has ${value.length} characters`, `use at most ${maxLength}`) : value;
  }

  asNumber(): number | undefined {
    const value = this.#scalar();
    return typeof value === 'number' && Number.isFinite(value)
      ? value
      : this.#refuseKind('a number', 'write it without quotes');
  }

  asInteger(min: number, max: number): number | undefined {
    const value = this.asNumber();
    return value === undefined || (Number.isInteger(value) && value >= min && value <= max)
      ? value
      : this.refuse(`${value} is out of range`, `use a whole number of ${min} to ${max}`);
  }

  asBoolean(): boolean | undefined {
    const value = this.#scalar();
    return typeof value === 'boolean'
      ? value
      : this.#refuseKind('true or false', 'write true or false, without quotes');
  }

  /** A text, a finite number or a boolean. */
  asScalar(maxLength: number): string | number | boolean | undefined {
    const value = this.#scalar();
    if (typeof value === 'boolean') {
      return value;
    }
    return typeof value === 'number' ? this.asNumber() : this.asText(maxLength);
  }

  /** One of some words. */
  asWord<Word extends string>(known: readonly Word[]): Word | undefined {
    const value = this.#scalar();
    return typeof value === 'string' && isOneOf(value, known)
      ? value
      : this.refuse(`must be one of ${known.join(', ')}, not ${this.#kind()}`, 'choose one of them');
  }

  #element(node: Node, index: number): YamlField {
    return new YamlField(this.file, `${this.path}[${index}]`, node, this.offset);
  }

  #scalar(): unknown {
    return isScalar(this.node) ? this.node.value : undefined;
  }

  #refuseKind(wanted: string, mend: string): undefined {
    return isAlias(this.node)
      ? this.refuse('anchors and aliases are not understood here', 'write the value out')
      : this.refuse(`must be ${wanted}, not ${this.#kind()}`, mend);
  }

  #kind(): string {
    if (this.isEmpty) {
      return 'empty';
    }
    if (isMap(this.node)) {
      return 'a mapping';
    }
    if (isSeq(this.node)) {
      return this.node.items.length === 0 ? 'an empty list' : 'a list';
    }
    const value = this.#scalar();
    return typeof value === 'string' ? `"${value.slice(0, 40)}"` : String(value);
  }
}

function isOneOf<Word extends string>(text: string, words: readonly Word[]): text is Word {
  return (words as readonly string[]).includes(text);
}
