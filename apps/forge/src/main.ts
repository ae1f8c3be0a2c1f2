import { enableCompileCache } from 'node:module';
import { ForgeError } from '@sentinel-forge/contracts';
import { Command, CommanderError } from 'commander';
import { addUpCommand } from './commands/up.command.js';

enableCompileCache();

/** Exit codes: 0 done, 1 failed, 2 the command or a setting was wrong, 3 the mesh cannot be reached. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? 0 : 2;
  }
  if (error instanceof ForgeError) {
    return { FORGE_CONFIG_INVALID: 2, FORGE_NATS_UNAVAILABLE: 3 }[error.code as string] ?? 1;
  }
  return 1;
}

const program = new Command('forge')
  .description('Sentinel Forge: defends, heals, audits, records, coordinates and delivers containers')
  .version('0.1.0')
  .showHelpAfterError('(run with --help for the whole story)')
  .exitOverride();
addUpCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof ForgeError) {
    process.stderr.write(`forge: ${error.message}\n`);
  } else if (!(error instanceof CommanderError)) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  }
  process.exit(exitCodeOf(error));
}
