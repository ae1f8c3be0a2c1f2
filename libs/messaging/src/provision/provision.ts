import { type JetStreamManager, jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { ForgeError, messageOf } from '@sentinel-forge/contracts';
import { describeDifference, differencesOf } from './difference.js';
import { declaredTopology, type TopologyOptions } from './topology.js';

/** What was, or would be, done for one stream, bucket or consumer. */
export interface ProvisionStep {
  readonly kind: 'stream' | 'consumer';
  readonly name: string;
  readonly action: 'create' | 'update' | 'keep' | 'blocked';
  /** For an update or a block: field by field. */
  readonly differences: readonly string[];
  /** For a block: what the server said. */
  readonly reason?: string;
}

/** How to provision. */
export interface ProvisionOptions extends TopologyOptions {
  /** Say what would be done, and do nothing. */
  readonly isDryRun?: boolean;
}

/**
 * Makes the streams, buckets and consumers that the registry declares, and brings existing ones in line with it, field by
 * field. Idempotent. Never deletes: what cannot be changed in place is said, and left to a person.
 */
export async function provision(
  connection: NatsConnection,
  options: ProvisionOptions,
): Promise<readonly ProvisionStep[]> {
  const jsm = await jetstreamManager(connection, { checkAPI: false });
  const { streams, consumers } = declaredTopology(options);
  const isDryRun = options.isDryRun ?? false;
  const streamSteps = await Promise.all(streams.map((declared) => ensureStream(jsm, declared, isDryRun)));
  const consumerSteps = await Promise.all(
    consumers.map(({ stream, config }) =>
      ensure('consumer', `${stream}/${config.durable_name}`, config, isDryRun, {
        read: async () => (await jsm.consumers.info(stream, String(config.durable_name))).config,
        create: () => jsm.consumers.add(stream, { ...config, durable_name: String(config.durable_name) }),
        update: () => jsm.consumers.update(stream, String(config.durable_name), config),
      }),
    ),
  );
  return [...streamSteps, ...consumerSteps];
}

/** Throws `FORGE_NATS_TOPOLOGY` that lists every step that could not be taken. */
export function refuseBlocked(steps: readonly ProvisionStep[]): void {
  const blocked = steps.filter((step) => step.action === 'blocked');
  if (blocked.some(({ reason = '' }) => /insufficient storage resources/i.test(reason))) {
    throw new ForgeError(
      'FORGE_NATS_TOPOLOGY',
      `The disk of nats-server is too small: the streams may come to hold ${gibibytes(reservedBytes())} GiB, and JetStream ` +
        'gives out at most three quarters of what was free when it started. Make room, or put its store (embedded: FORGE_DATA_DIR) on a larger disk',
    );
  }
  if (blocked.length > 0) {
    const list = blocked.map(
      ({ kind, name, differences, reason }) => `${kind} ${name}: ${differences.join(', ')} (${reason})`,
    );
    throw new ForgeError(
      'FORGE_NATS_TOPOLOGY',
      `Cannot be changed in place: ${list.join('; ')}. Remove it by hand to have it made anew`,
    );
  }
}

function reservedBytes(): number {
  return declaredTopology({ replicas: 1, hosts: [] }).streams.reduce((sum, { max_bytes = 0 }) => sum + max_bytes, 0);
}

function gibibytes(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(1);
}

function ensureStream(
  jsm: JetStreamManager,
  declared: Partial<StreamConfig>,
  isDryRun: boolean,
): Promise<ProvisionStep> {
  const name = String(declared.name);
  return ensure('stream', name, declared, isDryRun, {
    read: async () => (await jsm.streams.info(name)).config,
    create: () => jsm.streams.add({ ...declared, name }),
    update: () => jsm.streams.update(name, declared),
  });
}

interface Access {
  readonly read: () => Promise<object>;
  readonly create: () => Promise<unknown>;
  readonly update: () => Promise<unknown>;
}

async function ensure(
  kind: ProvisionStep['kind'],
  name: string,
  declared: object,
  isDryRun: boolean,
  access: Access,
): Promise<ProvisionStep> {
  const actual = await access.read().catch((error: unknown) => refuseUnlessMissing(error));
  const differences = actual === undefined ? [] : differencesOf(declared, actual).map(describeDifference);
  const action = actual === undefined ? 'create' : differences.length === 0 ? 'keep' : 'update';
  if (!isDryRun && action !== 'keep') {
    try {
      await (action === 'create' ? access.create() : access.update());
    } catch (error) {
      return { kind, name, action: 'blocked', differences, reason: messageOf(error) };
    }
  }
  return { kind, name, action, differences };
}

function refuseUnlessMissing(error: unknown): undefined {
  if (/not found/i.test(messageOf(error))) {
    return undefined;
  }
  throw new ForgeError('FORGE_NATS_UNAVAILABLE', `JetStream did not answer: ${messageOf(error)}`, { cause: error });
}
