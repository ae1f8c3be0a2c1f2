import type { CharSet } from './char-set.js';
import { type Assertion, PatternError, type PatternNode } from './syntax.js';

/** One instruction of a Thompson automaton; `next` and `other` are indices of instructions. */
export type Instruction =
  | { readonly kind: 'accept' }
  | { readonly kind: 'consume'; readonly set: CharSet; readonly next: number }
  | { readonly kind: 'assert'; readonly assertion: Assertion; readonly next: number }
  | { kind: 'fork'; next: number; other: number };

/** A pattern as a non-deterministic automaton. */
export interface Program {
  readonly instructions: readonly Instruction[];
  readonly start: number;
}

const maxInstructions = 1000;

/** Compiles a pattern. Throws {@link PatternError} when its counted repetitions make it too large. Source: Thompson 1968, Cox 2007. */
export function compileProgram(pattern: PatternNode): Program {
  const instructions: Instruction[] = [{ kind: 'accept' }];
  const add = (instruction: Instruction): number => {
    if (instructions.length >= maxInstructions) {
      throw new PatternError(`repeats too much: more than ${maxInstructions} steps when written out`, 0);
    }
    return instructions.push(instruction) - 1;
  };

  // Built back to front: each part is told what follows it.
  const emit = (node: PatternNode, next: number): number => {
    switch (node.kind) {
      case 'set':
        return add({ kind: 'consume', set: node.set, next });
      case 'assertion':
        return add({ kind: 'assert', assertion: node.assertion, next });
      case 'sequence':
        return node.of.reduceRight((following, part) => emit(part, following), next);
      case 'choice':
        return node.of.length === 0
          ? add({ kind: 'consume', set: [], next })
          : node.of
              .map((alternative) => emit(alternative, next))
              .reduceRight((other, first) => add({ kind: 'fork', next: first, other }));
      case 'repeat':
        return emitRepeat(node, next);
    }
  };

  const emitRepeat = (node: PatternNode & { kind: 'repeat' }, next: number): number => {
    let entry = next;
    if (node.max === Number.POSITIVE_INFINITY) {
      const loop: Instruction = { kind: 'fork', next: 0, other: next };
      entry = add(loop);
      loop.next = emit(node.of, entry);
    } else {
      for (let optional = node.min; optional < node.max; optional += 1) {
        entry = add({ kind: 'fork', next: emit(node.of, entry), other: next });
      }
    }
    for (let required = 0; required < node.min; required += 1) {
      entry = emit(node.of, entry);
    }
    return entry;
  };

  const start = emit(pattern, 0);
  return { instructions, start };
}
