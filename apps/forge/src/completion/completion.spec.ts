import { shapeOf } from '../cli/command-shape.js';
import { buildProgram } from '../cli/program.js';
import { completionFor, shells } from './completion.js';

const root = shapeOf(buildProgram());

describe('completionFor', () => {
  it.each(shells)('knows every command and its options in %s', (shell) => {
    const script = completionFor(shell, root);
    for (const word of ['mitigation', 'release', 'dead-letters', 'from-seq', 'dry-run', 'completion']) {
      expect(script).toContain(word);
    }
  });

  it.each(shells)('quotes descriptions, whatever they hold, in %s', (shell) => {
    const odd = {
      ...root,
      commands: root.commands.map((command) => ({ ...command, description: "it's $(touch /tmp/x) `y`" })),
    };
    expect(completionFor(shell, odd)).not.toContain("d it's");
  });
});
