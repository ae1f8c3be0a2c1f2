import { toSubjectToken } from '@sentinel-forge/contracts';
import { type ProvisionStep, provision } from '@sentinel-forge/messaging';
import { exitCodes } from '../cli/exit-codes.js';
import { MeshClient } from '../mesh/mesh-client.js';
import { printAnswer } from '../terminal/printer.js';
import { safeText } from '../terminal/safe-text.js';
import { columns, paint } from '../terminal/table.js';

/** What is to be provisioned, and how. */
export interface ProvisionRequest {
  readonly isDryRun: boolean;
  /** The Docker hosts of the mesh; the one of the settings when not given. */
  readonly hosts?: readonly string[];
  readonly json?: boolean;
}

/** Makes the streams, consumers and buckets that the mesh needs, and prints what was done. */
export async function provisionMesh(request: ProvisionRequest): Promise<void> {
  await using client = await MeshClient.connect(process.env, 'deployer');
  const { replicas } = client.settings.runner;
  const hosts = request.hosts?.map(toSubjectToken) ?? [client.access.host];
  const steps = await provision(client.connection, { replicas, hosts, isDryRun: request.isDryRun });
  await printAnswer({ isDryRun: request.isDryRun, hosts, replicas, steps }, request, () =>
    describeSteps(steps, request.isDryRun),
  );
  process.exitCode = steps.some(({ action }) => action === 'blocked') ? exitCodes.failed : exitCodes.done;
}

const done = { create: 'created', update: 'updated', blocked: 'blocked', keep: 'kept' } as const;
const styles = { create: 'green', update: 'yellow', blocked: 'red', keep: 'dim' } as const;

/** What was, or would be, done; what stays as it is is only counted. */
export function describeSteps(steps: readonly ProvisionStep[], isDryRun: boolean): string {
  const changes = steps.filter(({ action }) => action !== 'keep');
  const rows = changes.map(({ kind, name, action, differences, reason }) => [
    paint(styles[action], isDryRun ? `would ${action}` : done[action]),
    kind,
    paint('bold', name),
    safeText([...differences, ...(reason === undefined ? [] : [reason])].join('; ')),
  ]);
  const kept = `${steps.length - changes.length} of ${steps.length} are as declared.`;
  const blocked = changes.some(({ action }) => action === 'blocked')
    ? '\nWhat is blocked cannot be changed in place: look at what it holds, remove it by hand, and provision again.'
    : '';
  return `${rows.length === 0 ? '' : `${columns(rows)}\n`}${kept}${blocked}`;
}
