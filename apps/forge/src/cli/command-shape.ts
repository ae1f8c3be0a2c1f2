import type { Example, ForgeCommand } from './forge-command.js';

/** An option or argument, as help shows it. */
export interface Term {
  readonly term: string;
  readonly says: string;
}

/** A command as reference and completion see it. */
export interface CommandShape {
  /** `forge mitigation list`. */
  readonly name: string;
  readonly description: string;
  readonly usage: string;
  readonly arguments: readonly Term[];
  readonly options: readonly Term[];
  /** Every spelling of every option: `--json`, `-h`. */
  readonly optionWords: readonly string[];
  readonly examples: readonly Example[];
  readonly commands: readonly CommandShape[];
}

/** Reads a command and all below it. */
export function shapeOf(command: ForgeCommand, parents: readonly string[] = []): CommandShape {
  const help = command.createHelp();
  const names = [...parents, command.name()];
  const options = help.visibleOptions(command);
  return {
    name: names.join(' '),
    description: command.description(),
    usage: help.commandUsage(command),
    arguments: help
      .visibleArguments(command)
      .map((argument) => ({ term: help.argumentTerm(argument), says: argument.description })),
    options: options.map((option) => ({ term: help.optionTerm(option), says: help.optionDescription(option) })),
    optionWords: options
      .flatMap(({ long, short }) => [long, short])
      .filter((word) => word !== undefined && word !== null),
    examples: command.examples,
    commands: command.commands.map((child) => shapeOf(child as ForgeCommand, names)),
  };
}
