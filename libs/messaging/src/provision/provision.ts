import { type JetStreamManager, jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { ForgeError, messageOf, newerDataError } from '@sentinel-forge/contracts';
import { describeDifference, differencesOf } from './difference.js';
import { declaredTopology, type TopologyOptions, versionKey } from './topology.js';

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
 * field. Idempotent. Never deletes: what cannot be changed in place is said, and left to a person. Throws `FORGE_DATA_NEWER`,
 * and changes nothing at all, when a newer version has provisioned one of them: it would be taken back, with what it holds.
 */
export async function provision(
  connection: NatsConnection,
  options: ProvisionOptions,
): Promise<readonly ProvisionStep[]> {
  const jsm = await jetstreamManager(connection, { checkAPI: false });
  const { streams, consumers } = declaredTopology(options);
  const isDryRun = options.isDryRun ?? false;
  const found = await readStreams(jsm, streams);
  const streamSteps = await Promise.all(found.map((stream) => ensureStream(jsm, stream, isDryRun)));
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

/** Throws `FORGE_DATA_NEWER` when a newer version has provisioned any stream or bucket. For who must know before it is used. */
export async function refuseNewerTopology(connection: NatsConnection, options: TopologyOptions): Promise<void> {
  const jsm = await jetstreamManager(connection, { checkAPI: false });
  await readStreams(jsm, declaredTopology(options).streams);
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

interface FoundStream {
  readonly declared: Partial<StreamConfig>;
  /** As it stands on the server; undefined when it does not. */
  readonly actual: StreamConfig | undefined;
}

async function readStreams(
  jsm: JetStreamManager,
  streams: readonly Partial<StreamConfig>[],
): Promise<readonly FoundStream[]> {
  const found = await Promise.all(
    streams.map(async (declared) => {
      const info = await jsm.streams.info(String(declared.name)).catch(refuseUnlessMissing);
      return { declared, actual: info?.config };
    }),
  );
  for (const { declared, actual } of found) {
    const [version, understood] = [versionOf(actual), versionOf(declared)];
    if (version > understood) {
      throw newerDataError({ what: `The stream ${declared.name}`, found: version, understood });
    }
  }
  return found;
}

/** What says none is of the first version, which did not say it everywhere. */
function versionOf(config: Partial<StreamConfig> | undefined): number {
  return Number(config?.metadata?.[versionKey] ?? 1);
}

function ensureStream(
  jsm: JetStreamManager,
  { declared, actual }: FoundStream,
  isDryRun: boolean,
): Promise<ProvisionStep> {
  const name = String(declared.name);
  return ensure('stream', name, declared, isDryRun, {
    read: async () => actual,
    create: () => jsm.streams.add({ ...declared, name }),
    update: () => jsm.streams.update(name, declared),
  });
}

interface Access {
  readonly read: () => Promise<object | undefined>;
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
