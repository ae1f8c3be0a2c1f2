import { Command } from 'commander';

/** One way to call a command, for its help and for the reference. */
export interface Example {
  readonly line: string;
  readonly says?: string;
}

/** A command of the tool: what commander knows of one, and examples. */
export class ForgeCommand extends Command {
  readonly #examples: Example[] = [];

  constructor(name?: string) {
    super(name);
    this.helpCommand(false); // --help says the same
    this.addHelpText('after', () => describeExamples(this.#examples));
  }

  /** Subcommands are of this class too. */
  override createCommand(name?: string): ForgeCommand {
    return new ForgeCommand(name);
  }

  /** Adds an example. */
  example(line: string, says?: string): this {
    this.#examples.push(says === undefined ? { line } : { line, says });
    return this;
  }

  get examples(): readonly Example[] {
    return this.#examples;
  }

  /** Adds `--json`, which every command that prints something has. */
  json(summary = 'print one JSON document'): this {
    return this.option('--json', summary);
  }
}

/** What `--json` makes of the options of an action. */
export interface JsonOption {
  readonly json?: boolean;
}

function describeExamples(examples: readonly Example[]): string {
  if (examples.length === 0) {
    return '';
  }
  const width = Math.max(...examples.map(({ line }) => line.length));
  const lines = examples.map(({ line, says }) => (says === undefined ? line : `${line.padEnd(width)}  # ${says}`));
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
