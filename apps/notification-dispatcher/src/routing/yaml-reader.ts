import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

/** One thing that is wrong in a file. */
export interface FileProblem {
  /** `<file>:<line>:<column>`. */
  readonly place: string;
  readonly field: string;
  readonly reason: string;
  readonly mend: string;
}

/** Reads a YAML file piece by piece and remembers, with its place, whatever is not as it should be. Never throws. */
export class YamlReader {
  readonly root: Node | null;
  readonly #file: string;
  readonly #lines = new LineCounter();
  readonly #problems: { readonly offset: number; readonly problem: FileProblem }[] = [];

  constructor(file: string, text: string) {
    this.#file = file;
    const document = parseDocument(text, { lineCounter: this.#lines });
    this.root = document.contents;
    for (const { message, pos } of document.errors) {
      const [reason = message] = message.split(/ at line|\n/);
      this.#complainAt(pos[0], 'the file', reason, 'Correct the YAML.');
    }
  }

  /** What was wrong so far, from the top of the file to its end. */
  get problems(): readonly FileProblem[] {
    return [...this.#problems].sort((a, b) => a.offset - b.offset).map(({ problem }) => problem);
  }

  /** Remembers that something is wrong at a node, or with the whole file. */
  complain(node: Node | null | undefined, field: string, reason: string, mend: string): void {
    this.#complainAt(node?.range?.[0] ?? 0, field, reason, mend);
  }

  /** The entries of a mapping, those without a value left out; complains about names that are not `known`. */
  fields(node: Node | null | undefined, field: string, known?: readonly string[]): ReadonlyMap<string, Node> {
    if (!isMap<Node, Node | null>(node)) {
      this.complain(node, field, 'is not a mapping', 'Write `name: value` lines.');
      return new Map();
    }
    const fields = new Map<string, Node>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      if (known !== undefined && !known.includes(name)) {
        this.complain(key, `${field}.${name}`, 'is not known', `Known are ${known.join(', ')}.`);
      } else if (value !== null) {
        fields.set(name, value);
      }
    }
    return fields;
  }

  /** The items of a list. */
  items(node: Node | undefined, field: string): readonly Node[] {
    if (!isSeq<Node>(node)) {
      this.complain(node, field, 'is not a list', 'Write one `- …` for each.');
      return [];
    }
    return node.items;
  }

  /** One text or a list of them, each with its node; none where there is nothing. */
  texts(node: Node | undefined, field: string): readonly (readonly [string, Node])[] {
    const nodes = node === undefined ? [] : isSeq<Node>(node) ? node.items : [node];
    return nodes.flatMap((item) => {
      const value = isScalar(item) ? item.value : undefined;
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
        return [[String(value), item] as const];
      }
      this.complain(item, field, 'is not a text', 'Write one word or a list of words.');
      return [];
    });
  }

  #complainAt(offset: number, field: string, reason: string, mend: string): void {
    const { line, col } = this.#lines.linePos(offset);
    this.#problems.push({ offset, problem: { place: `${this.#file}:${line}:${col}`, field, reason, mend } });
  }
}
