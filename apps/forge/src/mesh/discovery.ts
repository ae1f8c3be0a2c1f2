import { type AppName, ForgeError, isAppName, messageOf } from '@sentinel-forge/contracts';
import type { NatsConnection } from './mesh-client.js';

/** One process of a service, as it answers NATS micro discovery. */
export interface ServiceInstance {
  readonly app: AppName;
  readonly id: string;
  readonly version: string;
  /** The Docker host it belongs to. */
  readonly host: string;
  readonly startedAt: string;
  /** The requests over NATS that it answered, and how many of them it refused or failed. */
  readonly requests: number;
  readonly errors: number;
}

interface StatsAnswer {
  readonly name: string;
  readonly id: string;
  readonly version: string;
  readonly metadata?: Readonly<Record<string, string>> | null;
  readonly started: string;
  readonly endpoints?: ReadonlyArray<{ readonly num_requests: number; readonly num_errors: number }> | null;
}

const maxWaitMs = 2_000;

/** Every service that answers, or those of one app. Source: https://github.com/nats-io/nats-architecture-and-design ADR-32 */
export async function discoverServices(connection: NatsConnection, app?: AppName): Promise<readonly ServiceInstance[]> {
  const subject = app === undefined ? '$SRV.STATS' : `$SRV.STATS.${app}`;
  const found: ServiceInstance[] = [];
  try {
    for await (const message of await connection.requestMany(subject, '', { maxWait: maxWaitMs, strategy: 'stall' })) {
      found.push(...toInstance(message.json<StatsAnswer>()));
    }
  } catch (error) {
    if (connection.isClosed()) {
      throw new ForgeError('FORGE_NATS_UNAVAILABLE', `The connection to NATS broke: ${messageOf(error)}`, {
        cause: error,
      });
    }
    // Nobody listens: that is an answer too.
  }
  return found.sort((one, other) => (one.app + one.id < other.app + other.id ? -1 : 1));
}

/** The Docker hosts that have a supervisor. */
export async function supervisedHosts(connection: NatsConnection): Promise<readonly string[]> {
  const hosts = (await discoverServices(connection, 'supervisor')).map(({ host }) => host);
  return [...new Set(hosts)].sort();
}

function toInstance({ name, id, version, metadata, started, endpoints }: StatsAnswer): readonly ServiceInstance[] {
  if (!isAppName(name)) {
    return []; // someone else's service on the same server
  }
  const sum = (count: 'num_requests' | 'num_errors'): number =>
    (endpoints ?? []).reduce((total, endpoint) => total + endpoint[count], 0);
  return [
    {
      app: name,
      id,
      version,
      host: metadata?.host ?? '',
      startedAt: started,
      requests: sum('num_requests'),
      errors: sum('num_errors'),
    },
  ];
}
