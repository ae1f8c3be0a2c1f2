import type { ForgeCommand, JsonOption } from '../cli/forge-command.js';

/** `forge doctor`: what is wrong with the set-up. */
export function addDoctorCommand(program: ForgeCommand): void {
  program
    .command('doctor')
    .description('look at everything that the mesh needs, step by step, and say what to do about what is wrong')
    .json()
    .example('forge doctor')
    .action(async (options: JsonOption) => {
      const { diagnose } = await import('../doctor/doctor.js');
      await diagnose(process.env, options);
    });
}
