import { toSubjectToken } from '@sentinel-forge/contracts';
import { loadToolSettings } from '../mesh/mesh-settings.js';
import { printAnswer } from '../terminal/printer.js';
import { columns, paint } from '../terminal/table.js';
import { type CredentialStep, finishRotation, makeCredentials, rotateCredentials } from './credentials.js';
import { CredentialsDirectory } from './credentials-directory.js';

/** Where credentials are kept, and for which mesh. */
export interface CredentialsRequest {
  readonly directory: string;
  /** The Docker hosts of the mesh; the one of the settings when not given. */
  readonly hosts: readonly string[] | undefined;
  readonly json: boolean;
}

/** Makes what is missing, and prints what was done. */
export async function printMade(request: CredentialsRequest): Promise<void> {
  const steps = makeCredentials(new CredentialsDirectory(request.directory), hostsOf(request));
  const made = steps.filter(({ action }) => action === 'made');
  await printAnswer({ directory: request.directory, steps }, request, () =>
    [
      ...(made.length === 0 ? [] : [columns(made.map(row))]),
      `${steps.length - made.length} of ${steps.length} were there already; the accounts of the nats-server are up to date.`,
    ].join('\n'),
  );
}

/** Rotates the credentials of one user, and prints what is to be done now. */
export async function printRotated(name: string, isFinish: boolean, request: CredentialsRequest): Promise<void> {
  const directory = new CredentialsDirectory(request.directory);
  const step = (isFinish ? finishRotation : rotateCredentials)(directory, hostsOf(request), name);
  const next = nextSteps(step);
  await printAnswer({ directory: request.directory, steps: [step], next }, request, () =>
    [columns([row(step)]), ...next.map((line) => `  → ${line}`)].join('\n'),
  );
}

function nextSteps({ name, action }: CredentialStep): readonly string[] {
  const reload = 'have the nats-server read its accounts anew: nats-server --signal reload, or SIGHUP';
  if (name === 'tokens') {
    return [
      'restart every service, so that it reads the new public key; tokens that were issued before are refused then',
    ];
  }
  return action === 'finished'
    ? [reload, `the old key of ${name} is refused from then on`]
    : [reload, `restart ${name}, so that it reads its new seed`, `then: forge credentials rotate ${name} --finish`];
}

function hostsOf({ hosts }: CredentialsRequest): readonly string[] {
  return hosts?.map(toSubjectToken) ?? [loadToolSettings(process.env).mesh.host];
}

function row({ name, action }: CredentialStep): readonly string[] {
  return [paint('green', action), name];
}
