import { exitCodes } from '../cli/exit-codes.js';
import { MeshClient } from '../mesh/mesh-client.js';
import { printAnswer } from '../terminal/printer.js';
import { describeStatus } from './describe-status.js';
import { readStatus } from './mesh-status.js';

/** Prints how the mesh is; the exit code says whether all of it is up. */
export async function showStatus(options: { readonly json?: boolean }): Promise<void> {
  await using client = await MeshClient.connect();
  const status = await readStatus(client);
  await printAnswer(status, options, () => describeStatus(status, Date.now()));
  process.exitCode = status.isUp ? exitCodes.done : exitCodes.failed;
}
