import { Argument } from 'commander';
import type { ForgeCommand } from '../cli/forge-command.js';

/** `forge completion`: what teaches a shell the commands. */
export function addCompletionCommand(program: ForgeCommand): void {
  program
    .command('completion')
    .description('print what makes a shell complete the commands and options')
    .addArgument(new Argument('<shell>', 'which one').choices(['bash', 'zsh', 'fish']))
    .example('source <(forge completion bash)', 'for this shell; in ~/.bashrc for every one')
    .example('forge completion fish > ~/.config/fish/completions/forge.fish')
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const [{ completionFor }, { shapeOf }, { printLine }] = await Promise.all([
        import('../completion/completion.js'),
        import('../cli/command-shape.js'),
        import('../terminal/printer.js'),
      ]);
      await printLine(completionFor(shell, shapeOf(program)).trimEnd());
    });
}
