import { addCompletionCommand } from '../commands/completion.command.js';
import { addCredentialsCommand } from '../commands/credentials.command.js';
import { addDeadLettersCommand } from '../commands/dead-letters.command.js';
import { addDefendCommand } from '../commands/defend.command.js';
import { addDoctorCommand } from '../commands/doctor.command.js';
import { addHealingCommand } from '../commands/healing.command.js';
import { addLogsCommand } from '../commands/logs.command.js';
import { addMitigationCommand } from '../commands/mitigation.command.js';
import { addNoticesCommand } from '../commands/notices.command.js';
import { addProvisionCommand } from '../commands/provision.command.js';
import { addRulesCommand } from '../commands/rules.command.js';
import { addRunCommand } from '../commands/run.command.js';
import { addStatusCommand } from '../commands/status.command.js';
import { addTailCommand } from '../commands/tail.command.js';
import { addTokenCommand } from '../commands/token.command.js';
import { addTraceCommand } from '../commands/trace.command.js';
import { addUpCommand } from '../commands/up.command.js';
import { exitCodeMeanings } from './exit-codes.js';
import { ForgeCommand } from './forge-command.js';

/** Every command. Cheap: what a command needs is loaded when it runs, so that help and completion are there at once. */
export function buildProgram(): ForgeCommand {
  const program = new ForgeCommand('forge')
    .description('Sentinel Forge: defends, heals, audits, records, coordinates and delivers containers')
    .version('0.1.0')
    .showHelpAfterError('(run it with --help for the whole story)')
    .addHelpText(
      'after',
      () => `\nExit codes:\n${exitCodeMeanings.map(([code, says]) => `  ${code}  ${says}`).join('\n')}`,
    )
    .example('npm start', 'start the mesh; then, in another terminal:')
    .example('forge status')
    .example("forge tail 'defend.>' 'mitigation.>'")
    .exitOverride();

  program.commandsGroup('The mesh:');
  addUpCommand(program);
  addStatusCommand(program);
  addDoctorCommand(program);
  addRunCommand(program);
  addProvisionCommand(program);
  addCredentialsCommand(program);

  program.commandsGroup('What happens:');
  addTailCommand(program);
  addTraceCommand(program);
  addLogsCommand(program);
  addNoticesCommand(program);

  program.commandsGroup('What to do about it:');
  addDefendCommand(program);
  addMitigationCommand(program);
  addHealingCommand(program);
  addRulesCommand(program);
  addDeadLettersCommand(program);

  program.commandsGroup('The tool:');
  addTokenCommand(program);
  addCompletionCommand(program);
  return program;
}
