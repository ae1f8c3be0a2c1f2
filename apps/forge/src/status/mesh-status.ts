import {
  type AppName,
  appNames,
  apps,
  type DependencyState,
  ForgeError,
  messageOf,
  type ServiceHealth,
  type ServiceState,
  serviceStates,
  streamNames,
} from '@sentinel-forge/contracts';
import { discoverServices, type ServiceInstance } from '../mesh/discovery.js';
import { type ConsumerFigures, readConsumers, readStream } from '../mesh/jetstream-api.js';
import type { MeshClient, NatsConnection } from '../mesh/mesh-client.js';

/** One service: what it said of itself last, and which of its processes answer. */
export interface ServiceStatus {
  readonly app: AppName;
  readonly state: ServiceState;
  readonly reason: string;
  readonly summary: string;
  readonly url?: string;
  readonly instances: readonly ServiceInstance[];
}

/** The whole mesh at one moment. */
export interface MeshStatus {
  /** Whether every service is up. */
  readonly isUp: boolean;
  readonly nats: { readonly url: string; readonly version: string; readonly roundTripMs: number };
  readonly services: readonly ServiceStatus[];
  /** What the supervisors say of their Docker engine; absent when none does. */
  readonly docker?: { readonly isUp: boolean; readonly reason?: string };
  readonly consumers: readonly ConsumerFigures[];
  readonly deadLetters: { readonly total: number; readonly bySubject: Readonly<Record<string, number>> };
}

/** What a service said last of its health, and when. */
export interface ToldHealth {
  readonly state: ServiceState;
  readonly health: Pick<ServiceHealth, 'reason' | 'dependencies'>;
  readonly sequence: number;
}

/** Asks the mesh how it is. */
export async function readStatus(client: MeshClient): Promise<MeshStatus> {
  const { connection, access } = client;
  const [instances, told, consumers, deadLetters, roundTripMs] = await Promise.all([
    discoverServices(connection),
    Promise.all(appNames.map(async (app) => [app, await lastToldHealth(connection, app)] as const)),
    Promise.all(streamNames.map((stream) => readConsumers(connection, stream))),
    readStream(connection, 'DEAD_LETTER'),
    connection.rtt(),
  ]);
  const toldByApp = new Map(told);
  const services = appNames.map((app) => {
    const own = instances.filter((instance) => instance.app === app);
    const url = access.serviceUrls[app];
    return { ...serviceStatusOf(app, own, toldByApp.get(app)), ...(url === undefined ? {} : { url }) };
  });
  const docker = dockerOf(toldByApp.get('supervisor'));
  return {
    isUp: services.every(({ state }) => state === 'up'),
    nats: { url: connection.getServer(), version: connection.info?.version ?? '', roundTripMs },
    services,
    ...(docker === undefined ? {} : { docker }),
    consumers: consumers.flat(),
    deadLetters: { total: deadLetters.messages, bySubject: deadLetters.subjects },
  };
}

/** Judges a service: what it told last counts only while a process of it answers. */
export function serviceStatusOf(
  app: AppName,
  instances: readonly ServiceInstance[],
  told: ToldHealth | undefined,
): ServiceStatus {
  const base = { app, summary: apps[app].summary, instances };
  if (instances.length === 0) {
    const reason =
      told === undefined
        ? 'it was never seen'
        : told.state === 'down'
          ? told.health.reason
          : 'no process of it answers';
    return { ...base, state: 'down', reason };
  }
  // `down` was the goodbye of a process before this one, which is about to say how it is.
  if (told === undefined || told.state === 'down') {
    return { ...base, state: 'degraded', reason: 'it is starting' };
  }
  return { ...base, state: told.state, reason: told.state === 'up' ? '' : told.health.reason };
}

function dockerOf(told: ToldHealth | undefined): Omit<DependencyState, 'name'> | undefined {
  const docker = told?.health.dependencies.find(({ name }) => name === 'docker');
  return docker === undefined
    ? undefined
    : { isUp: docker.isUp, ...(docker.reason === undefined ? {} : { reason: docker.reason }) };
}

async function lastToldHealth(connection: NatsConnection, app: AppName): Promise<ToldHealth | undefined> {
  const told = await Promise.all(serviceStates.map((state) => lastHealthEvent(connection, app, state)));
  return told.filter((one) => one !== undefined).sort((one, other) => other.sequence - one.sequence)[0];
}

// One direct get for each state: the server keeps the last message of every subject at hand.
async function lastHealthEvent(
  connection: NatsConnection,
  app: AppName,
  state: ServiceState,
): Promise<ToldHealth | undefined> {
  const subject = `$JS.API.DIRECT.GET.HEALTH.health.service.${app}.${state}`;
  const message = await connection.request(subject, '', { timeout: 5_000 }).catch((error: unknown) => {
    throw new ForgeError('FORGE_NATS_UNAVAILABLE', `The stream HEALTH cannot be read (${messageOf(error)})`, {
      cause: error,
    });
  });
  const sequence = Number(message.headers?.get('Nats-Sequence') ?? '');
  if (!(sequence > 0)) {
    return undefined;
  }
  const { reason, dependencies } = message.json<Partial<ServiceHealth>>();
  return {
    state,
    sequence,
    health: { reason: String(reason ?? ''), dependencies: Array.isArray(dependencies) ? dependencies : [] },
  };
}
