import { CommanderError } from 'commander';
import { exitCodeOf, exitCodes } from './cli/exit-codes.js';
import { describeFailure } from './cli/failure.js';
import { buildProgram } from './cli/program.js';
import { endOnBrokenPipe } from './terminal/printer.js';

endOnBrokenPipe(process.stdout, process.stderr);

try {
  await buildProgram().parseAsync();
} catch (error) {
  // What commander refuses, it has told already; help and version end with 0.
  if (error instanceof CommanderError) {
    process.exit(error.exitCode === 0 ? exitCodes.done : exitCodes.usage);
  }
  process.stderr.write(`forge: ${await describeFailure(error)}\n`);
  process.exit(exitCodeOf(error));
}
