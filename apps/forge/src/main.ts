import { CommanderError } from 'commander';
import { exitCodeOf, exitCodes } from './cli/exit-codes.js';
import { describeFailure } from './cli/failure.js';
import { buildProgram } from './cli/program.js';
import { endOnBrokenPipe } from './terminal/printer.js';
import { safeText } from './terminal/safe-text.js';

endOnBrokenPipe(process.stdout, process.stderr);

try {
  await buildProgram().parseAsync();
} catch (error) {
  // What commander refuses, it has told already; help and version end with 0.
  if (error instanceof CommanderError) {
    process.exit(error.exitCode === 0 ? exitCodes.done : exitCodes.usage);
  }
  // What a service answers may quote anybody's event.
  const lines = (await describeFailure(error)).split('\n').map(safeText);
  process.stderr.write(`forge: ${lines.join('\n')}\n`);
  process.exit(exitCodeOf(error));
}
