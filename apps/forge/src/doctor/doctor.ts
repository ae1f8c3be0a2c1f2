import { type Environment, loadSettings, MeshSettings, portSettingsOf, RunnerSettings } from '@sentinel-forge/chassis';
import { appNames, apps, ForgeError, messageOf } from '@sentinel-forge/contracts';
import { exitCodes, isKnownError } from '../cli/exit-codes.js';
import { natsServerProgram } from '../embedded/embedded-mesh.js';
import { MeshClient } from '../mesh/mesh-client.js';
import { findAccess, loadToolSettings, type ToolSettings } from '../mesh/mesh-settings.js';
import { printAnswer } from '../terminal/printer.js';
import { safeText } from '../terminal/safe-text.js';
import { columns, paint } from '../terminal/table.js';
import { type Check, type CheckResult, fail, ok, skip } from './check.js';
import { dataDirectoryCheck, natsProgramCheck, nodeCheck, portsCheck } from './machine-checks.js';
import { clockCheck, natsCheck, servicesCheck, tokenCheck, topologyCheck } from './mesh-checks.js';
import { channelsCheck, dockerCheck, tokenKeyCheck } from './outside-checks.js';

/** Looks at everything that the mesh needs, and says what to do about what is wrong. */
export async function diagnose(environment: Environment, options: { readonly json?: boolean }): Promise<void> {
  const results = await examine(environment);
  const isWell = results.every(({ state }) => state !== 'fail');
  await printAnswer({ isWell, checks: results }, options, () => describeResults(results));
  process.exitCode = isWell ? exitCodes.done : exitCodes.failed;
}

async function examine(environment: Environment): Promise<readonly CheckResult[]> {
  const node = await look(nodeCheck(process.versions.node));
  const settings = readSettings(environment);
  if (settings instanceof ForgeError) {
    return [
      node,
      { name: 'settings', ...fail(messageOf(settings), 'docs/reference/config.md documents every setting') },
    ];
  }
  const machine = await lookAll(machineChecks(settings, environment));
  const [outside, mesh] = await Promise.all([
    lookAll([dockerCheck(environment), channelsCheck(environment)]),
    examineMesh(environment),
  ]);
  return [node, { name: 'settings', ...ok('valid') }, ...machine, ...mesh, ...outside];
}

function readSettings(environment: Environment): ToolSettings | ForgeError {
  try {
    return loadToolSettings(environment);
  } catch (error) {
    if (error instanceof ForgeError) {
      return error;
    }
    throw error;
  }
}

function machineChecks(settings: ToolSettings, environment: Environment): readonly Check[] {
  const { runner, directory } = settings;
  const isOwnServer = !(environment.NATS_URL || environment.NATS_URL_FILE);
  const isRunning = directory.findAddress() !== undefined;
  const portClasses = appNames.map((app) => portSettingsOf(app));
  const httpPorts = loadSettings([...portClasses, MeshSettings, RunnerSettings], environment);
  const ports = appNames.map((app, index) => ({
    what: app,
    port: (httpPorts[index] as { readonly port: number }).port,
    setting: apps[app].portSetting,
  }));
  return [
    natsProgramCheck(natsServerProgram(runner), isOwnServer),
    dataDirectoryCheck(directory, isOwnServer),
    tokenKeyCheck(environment, isOwnServer),
    portsCheck(
      [...(isOwnServer ? [{ what: 'NATS', port: runner.natsPort, setting: 'FORGE_NATS_PORT' }] : []), ...ports],
      isRunning,
    ),
  ];
}

async function examineMesh(environment: Environment): Promise<readonly CheckResult[]> {
  if (findAccess(loadToolSettings(environment), environment, 'operator') === undefined) {
    return [
      { name: 'mesh', ...fail('none runs here', 'start it with `npm start`, or set NATS_URL to where one runs') },
    ];
  }
  try {
    await using client = await MeshClient.connect(environment);
    return await lookAll([
      natsCheck(client),
      topologyCheck(client),
      clockCheck(client),
      servicesCheck(client),
      tokenCheck(client),
    ]);
  } catch (error) {
    const mend = 'check that nats-server runs, and NATS_URL, NATS_USER and NATS_PASSWORD';
    const rest = ['streams and consumers', 'clock', 'services', 'token'].map((name) => ({
      name,
      ...skip('NATS does not answer'),
    }));
    return [{ name: 'NATS', ...fail(messageOf(error), mend) }, ...rest];
  }
}

function lookAll(checks: readonly Check[]): Promise<readonly CheckResult[]> {
  return Promise.all(checks.map(look));
}

async function look(check: Check): Promise<CheckResult> {
  try {
    return { name: check.name, ...(await check.look()) };
  } catch (error) {
    const mend =
      isKnownError(error) && typeof error.details.mend === 'string'
        ? error.details.mend
        : 'mend what is named, and look again';
    return { name: check.name, ...fail(messageOf(error), mend) };
  }
}

const marks = { ok: ['✓', 'green'], warn: ['!', 'yellow'], fail: ['✗', 'red'], skip: ['-', 'dim'] } as const;

/** What was found, step by step, with the mend below what needs one. */
export function describeResults(results: readonly CheckResult[]): string {
  const rows = results.map(({ name, state, detail }) => {
    const [mark, style] = marks[state];
    return [paint(style, mark), paint('bold', name), safeText(detail)];
  });
  const lines = columns(rows).split('\n');
  const told = results.flatMap(({ mend }, index) => [
    lines[index] ?? '',
    ...(mend === undefined ? [] : [`    → ${safeText(mend)}`]),
  ]);
  const count = (state: CheckResult['state']): number => results.filter((result) => result.state === state).length;
  const summary =
    count('fail') > 0
      ? `${count('fail')} to mend.`
      : count('warn') > 0
        ? `All is well; ${count('warn')} worth knowing.`
        : 'All is well.';
  return [...told, '', summary].join('\n');
}
