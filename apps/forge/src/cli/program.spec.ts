import { type CommandShape, shapeOf } from './command-shape.js';
import { buildProgram } from './program.js';
import { renderCliReference } from './reference.js';

function leavesOf(shape: CommandShape): readonly CommandShape[] {
  return shape.commands.length > 0 ? shape.commands.flatMap(leavesOf) : [shape];
}

const leaves = leavesOf(shapeOf(buildProgram()));

describe('the commands', () => {
  it('are all there', () => {
    expect(leaves.map(({ name }) => name.replace('forge ', '')).sort()).toEqual(
      [
        'completion',
        'credentials make',
        'credentials rotate',
        'dead-letters list',
        'dead-letters replay',
        'dead-letters show',
        'defend',
        'doctor',
        'healing list',
        'healing rearm',
        'logs tail',
        'logs verify',
        'mitigation approve',
        'mitigation list',
        'mitigation pause',
        'mitigation reject',
        'mitigation release',
        'mitigation resume',
        'mitigation show',
        'notices list',
        'notices replay',
        'provision',
        'rules check',
        'rules list',
        'rules test',
        'run',
        'status',
        'tail',
        'token',
        'trace',
        'up',
      ].sort(),
    );
  });

  it.each(leaves.map((leaf) => [leaf.name, leaf] as const))('%s says what it does, and shows how', (name, leaf) => {
    expect(leaf.description.length).toBeGreaterThan(20);
    expect(leaf.examples.length).toBeGreaterThan(0);
    expect(leaf.examples.every(({ line }) => line.includes(name))).toBe(true);
    expect([...leaf.arguments, ...leaf.options].every(({ says }) => says !== '')).toBe(true);
  });

  it('print JSON when asked to, but for the two that print something else', () => {
    const without = leaves.filter(({ optionWords }) => !optionWords.includes('--json')).map(({ name }) => name);
    expect(without).toEqual(['forge run', 'forge completion']);
  });

  it('name only options that exist in their examples', () => {
    const words = (line: string): readonly string[] => [...line.matchAll(/(?<=\s)--[a-z-]+/g)].map(([word]) => word);
    const strangers = leaves.flatMap(({ name, examples, optionWords }) =>
      examples.flatMap(({ line }) =>
        words(line.split('|').find((part) => part.includes(name)) ?? '').filter((word) => !optionWords.includes(word)),
      ),
    );
    expect(strangers).toEqual([]);
  });
});

describe('renderCliReference', () => {
  it('documents every command, every option and every exit code', () => {
    const reference = renderCliReference();
    for (const { name, options } of leaves) {
      expect(reference).toContain(`### ${name}\n`);
      for (const { term } of options) {
        expect(reference).toContain(`\`${term}\``);
      }
    }
    expect(reference).toContain('| 3 | the mesh cannot be reached; ');
  });

  it('is the same every time', () => {
    expect(renderCliReference()).toBe(renderCliReference());
  });
});
