import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type Environment,
  issueToken,
  loadSettings,
  MeshSettings,
  natsCredentialsOf,
  RunnerSettings,
  type RunningService,
  runService,
} from '@sentinel-forge/chassis';
import { allScopes, appNames, ForgeError } from '@sentinel-forge/contracts';
import { connectClient, provision, refuseBlocked, refuseNewerTopology } from '@sentinel-forge/messaging';
import { DataDirectory, type EmbeddedSecrets } from './data-directory.js';
import { embeddedPassword } from './nats-config.js';
import { NatsProcess } from './nats-process.js';
import { loadService } from './services.js';

/** Where log lines go. */
export interface LogDestination {
  write(line: string): void;
}

/** A whole mesh in this process, with its nats-server as a child (or someone else's, if NATS_URL says so). */
export interface EmbeddedMesh {
  readonly services: readonly RunningService[];
  readonly dataDirectory: DataDirectory;
  /** The id of the child; undefined when the server is someone else's. */
  readonly natsPid: number | undefined;
  readonly natsUrl: string;
  /** Drains every service, then stops the server. */
  stop(): Promise<void>;
}

const tokenLifetimeSeconds = 30 * 24 * 60 * 60;
/** The link that scripts/fetch-nats-server.sh leaves. */
const fetchedServer = fileURLToPath(new URL('../../../../.tools/nats-server/nats-server', import.meta.url));

/**
 * Starts the mesh. What was started is stopped again when a later part fails.
 * @throws ForgeError for settings that need mending, a taken port, a directory in use
 */
export async function startEmbeddedMesh(environment: Environment, logs: LogDestination): Promise<EmbeddedMesh> {
  const [settings, runner] = loadSettings([MeshSettings, RunnerSettings], environment);
  const dataDirectory = new DataDirectory(settings.dataDir);
  dataDirectory.create();
  const undo: Array<() => unknown> = [dataDirectory.lock()];
  try {
    const secrets = dataDirectory.secrets();
    const nats = environment.NATS_URL
      ? undefined
      : await startNats(runner, settings.host, dataDirectory, secrets, logs);
    if (nats !== undefined) {
      undo.unshift(() => nats.stop());
    }
    const servers = nats === undefined ? settings.natsUrls : [nats.url];
    const environmentOf = (user: string): Environment => ({
      ...environment,
      ...(nats === undefined
        ? {}
        : { NATS_URL: nats.url, NATS_USER: user, NATS_PASSWORD: embeddedPassword(user, secrets) }),
      ...(settings.jwtSecret === undefined && settings.jwksUrl === undefined
        ? { FORGE_JWT_SECRET: secrets.jwtSecret }
        : {}),
    });
    // Before any service reads a stream that it may not understand. What is missing is made while they start.
    const { provisioned } = await beginProvisioning(environmentOf('deployer'), runner.replicas);
    provisioned.catch(() => {
      // told below, after the services had their chance to be stopped
    });
    const services: RunningService[] = [];
    // Together: what each may take does not add up.
    undo.unshift(() => Promise.all(services.map((service) => service.stop())));
    for (const app of appNames) {
      const service = await runService(await loadService(app), {
        environment: environmentOf(app),
        logDestination: logs,
      });
      services.push(service);
    }
    await provisioned;
    dataDirectory.writeToken(await operatorToken(settings, secrets));
    dataDirectory.writeAddress({
      natsUrl: servers.join(','),
      isEmbedded: nats !== undefined,
      pid: process.pid,
      host: settings.host,
      services: Object.fromEntries(services.map(({ app, url }) => [app, url])),
    });
    undo.unshift(() => dataDirectory.removeAddress());
    return { services, dataDirectory, natsPid: nats?.pid, natsUrl: servers.join(','), stop: () => runAll(undo) };
  } catch (error) {
    await runAll(undo);
    throw error;
  }
}

async function runAll(undo: ReadonlyArray<() => unknown>): Promise<void> {
  for (const step of undo) {
    await step();
  }
}

/** The nats-server program that an embedded mesh runs. */
export function natsServerProgram(runner: RunnerSettings): string {
  return runner.natsServer ?? fetchedServer;
}

function startNats(
  runner: RunnerSettings,
  host: string,
  dataDirectory: DataDirectory,
  secrets: EmbeddedSecrets,
  logs: LogDestination,
): Promise<NatsProcess> {
  const program = natsServerProgram(runner);
  if (!existsSync(program)) {
    throw new ForgeError(
      'FORGE_CONFIG_INVALID',
      `There is no nats-server at ${program}: run \`sh scripts/setup.sh\`, or set FORGE_NATS_SERVER`,
    );
  }
  return NatsProcess.start({
    program,
    port: runner.natsPort,
    directory: dataDirectory.natsDirectory,
    secrets,
    host,
    onCrash: (reason) => tell(logs, 'error', 'nats-server.ended', { reason }),
    onDisk: (state) =>
      state === 'full'
        ? tell(logs, 'error', 'nats-server.disk-full', {
            directory: dataDirectory.natsDirectory,
            msg: 'The streams store nothing until there is room again: make room, all else goes by itself',
          })
        : tell(logs, 'info', 'nats-server.disk-has-room', { msg: 'It is started anew, so that it stores again' }),
  });
}

function tell(logs: LogDestination, lvl: string, evt: string, fields: Readonly<Record<string, unknown>>): void {
  logs.write(`${JSON.stringify({ svc: 'forge', lvl, evt, time: new Date().toISOString(), ...fields })}\n`);
}

async function beginProvisioning(
  environment: Environment,
  replicas: number,
): Promise<{ readonly provisioned: Promise<void> }> {
  const [settings] = loadSettings([MeshSettings, RunnerSettings], environment);
  const connection = await connectClient({
    name: 'forge-provision',
    servers: settings.natsUrls,
    role: 'deployer',
    ...natsCredentialsOf(settings),
  });
  const topology = { replicas, hosts: [settings.host] };
  try {
    await refuseNewerTopology(connection, topology);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return {
    provisioned: provision(connection, topology)
      .then(refuseBlocked)
      .finally(() => connection.close()),
  };
}

function operatorToken(settings: MeshSettings, secrets: EmbeddedSecrets): Promise<string> {
  return issueToken({
    secret: settings.jwtSecret ?? secrets.jwtSecret,
    issuer: settings.jwtIssuer,
    audience: settings.jwtAudience,
    subject: 'operator',
    scopes: allScopes,
    ttlSeconds: tokenLifetimeSeconds,
  });
}
