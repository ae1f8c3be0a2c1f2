import { hasUnit, wordChars } from './char-set.js';
import { compileProgram, type Program } from './program.js';
import { type Assertion, parsePattern } from './syntax.js';

/** What stands before or after a place in a text. */
type Neighbour = 'edge' | 'word' | 'other';

/** A state of the deterministic automaton: where the other one could be, and what was read last. */
interface State {
  readonly places: readonly number[];
  readonly before: Neighbour;
  /** By class of the next character; undefined until it is first needed. */
  readonly next: (State | undefined)[];
}

const found: State = { places: [], before: 'edge', next: [] };
const notFound: State = { places: [], before: 'edge', next: [] };
const maxStates = 1000;
const asciiUnits = 128;

/**
 * One or more patterns of which one is found anywhere in a text, in time linear in the text: rules are matched on what strangers send, and a
 * back-tracking engine can be made to hang by a text of 100 characters. A deterministic automaton, built as it is needed
 * and bounded in memory; once it is warm, a test allocates nothing. `ignoreCase` folds the letters A to Z.
 * Throws `PatternError` for what {@link parsePattern} does not understand. Source: Cox, "Regular Expression Matching Can Be
 * Simple And Fast" (2007), and RE2.
 */
export class TextPattern {
  readonly #program: Program;
  /** The first code unit of each class: characters that no part of the pattern tells apart are one class. */
  readonly #classes: readonly number[];
  readonly #classOfAscii: Uint16Array;
  readonly #states = new Map<string, State>();
  #first: State;

  constructor(sources: readonly string[], ignoreCase = false) {
    const alternatives = sources.map((source) => parsePattern(source, ignoreCase));
    this.#program = compileProgram({ kind: 'choice', of: alternatives });
    this.#classes = classesOf(this.#program);
    this.#classOfAscii = Uint16Array.from({ length: asciiUnits }, (_, unit) => this.#search(unit));
    this.#first = this.#stateOf([], 'edge');
  }

  /** Whether one of the patterns occurs in a text. */
  test(text: string): boolean {
    let state = this.#first;
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      const charClass = unit < asciiUnits ? (this.#classOfAscii[unit] ?? 0) : this.#search(unit);
      state = state.next[charClass] ?? this.#step(state, charClass);
      if (state === found) {
        return true;
      }
    }
    const end = this.#classes.length;
    return (state.next[end] ?? this.#step(state, end)) === found;
  }

  #step(state: State, charClass: number): State {
    const unit = this.#classes[charClass];
    const after = unit === undefined ? 'edge' : neighbourOf(unit);
    const reached = this.#reach(state, unit, after);
    const next = reached === 'accepted' ? found : unit === undefined ? notFound : this.#stateOf(reached, after);
    state.next[charClass] = next;
    return next;
  }

  /** The places after a character that can be reached from a state, or from the start of the pattern: it may begin anywhere. */
  #reach(state: State, unit: number | undefined, after: Neighbour): readonly number[] | 'accepted' {
    const { instructions, start } = this.#program;
    const reached = new Set<number>();
    // A set is walked in the order of insertion, with what is added on the way: each place once.
    const places = new Set([...state.places, start]);
    for (const place of places) {
      const instruction = instructions[place];
      if (instruction?.kind === 'accept') {
        return 'accepted';
      }
      if (instruction?.kind === 'fork') {
        places.add(instruction.next).add(instruction.other);
      } else if (instruction?.kind === 'assert' && holds(instruction.assertion, state.before, after)) {
        places.add(instruction.next);
      } else if (instruction?.kind === 'consume' && unit !== undefined && hasUnit(instruction.set, unit)) {
        reached.add(instruction.next);
      }
    }
    return [...reached];
  }

  #stateOf(places: readonly number[], before: Neighbour): State {
    const sorted = [...places].sort((a, b) => a - b);
    const key = `${before}:${sorted.join()}`;
    const known = this.#states.get(key);
    if (known !== undefined) {
      return known;
    }
    if (this.#states.size >= maxStates) {
      this.#forget();
    }
    const state: State = { places: sorted, before, next: newRow(this.#classes.length) };
    this.#states.set(key, state);
    return state;
  }

  // A hostile text can visit many states; what was learned is then dropped and learned again, within the same bound.
  #forget(): void {
    for (const state of this.#states.values()) {
      state.next.fill(undefined);
    }
    this.#states.clear();
    this.#first = this.#stateOf([], 'edge');
  }

  #search(unit: number): number {
    let low = 0;
    let high = this.#classes.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#classes[middle] ?? 0) <= unit) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}

function newRow(classes: number): (State | undefined)[] {
  return new Array<State | undefined>(classes + 1).fill(undefined);
}

function classesOf({ instructions }: Program): readonly number[] {
  const sets = instructions.flatMap((instruction) => (instruction.kind === 'consume' ? [instruction.set] : []));
  const borders = [...sets, wordChars].flat().flatMap(([first, last]) => [first, last + 1]);
  return [...new Set([0, ...borders])].filter((unit) => unit <= 0xffff).sort((a, b) => a - b);
}

function neighbourOf(unit: number): Neighbour {
  return hasUnit(wordChars, unit) ? 'word' : 'other';
}

function holds(assertion: Assertion, before: Neighbour, after: Neighbour): boolean {
  switch (assertion) {
    case 'start':
      return before === 'edge';
    case 'end':
      return after === 'edge';
    case 'boundary':
      return (before === 'word') !== (after === 'word');
    case 'inside':
      return (before === 'word') === (after === 'word');
  }
}
