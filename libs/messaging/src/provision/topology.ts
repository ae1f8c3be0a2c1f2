import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import {
  type BucketDefinition,
  type BucketName,
  buckets,
  type ConsumerDefinition,
  consumers,
  forHost,
  type StreamDefinition,
  streams,
} from '@sentinel-forge/contracts';

/** What stands on a server that serves the mesh. */
export interface Topology {
  readonly streams: readonly Partial<StreamConfig>[];
  readonly consumers: readonly { readonly stream: string; readonly config: Partial<ConsumerConfig> }[];
}

/** What differs from place to place. */
export interface TopologyOptions {
  /** 1 on a single server, 3 in a cluster. */
  readonly replicas: number;
  /** The Docker hosts of the mesh, as subject tokens: each has a consumer of its own. */
  readonly hosts: readonly string[];
}

/** The streams (key-value buckets among them) and consumers that the registry declares, as JetStream writes them. */
export function declaredTopology({ replicas, hosts }: TopologyOptions): Topology {
  return {
    streams: [
      ...Object.entries(streams).map(([name, definition]) => streamConfigOf(name, definition, replicas)),
      ...Object.entries(buckets).map(([name, definition]) => bucketConfigOf(name as BucketName, definition, replicas)),
    ],
    consumers: consumers
      .flatMap((consumer) =>
        consumer.name.includes('{host}') ? hosts.map((host) => forHost(consumer, host)) : [consumer],
      )
      .map((consumer) => ({ stream: consumer.stream, config: consumerConfigOf(consumer) })),
  };
}

/** The stream behind a key-value bucket. */
export function bucketStream(bucket: BucketName): string {
  return `KV_${bucket}`;
}

/**
 * Where JetStream publishes what it has stored of a subject: those who listen live hear the copies. What an account sends
 * to a stream of another is heard by nobody on the way (see `accountsConfig`).
 */
export function storedCopyOf(subject: string): string {
  return `stored.${subject}`;
}

const republish = { src: '>', dest: storedCopyOf('>') };
/** Where a stream says which version of the registry it was made by. */
export const versionKey = 'forge.version';

function streamConfigOf(name: string, definition: StreamDefinition, replicas: number): Partial<StreamConfig> {
  return {
    name,
    subjects: [...definition.subjects],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_age: definition.maxAgeMs * 1e6,
    max_bytes: definition.maxBytes,
    max_msg_size: definition.maxMsgBytes,
    duplicate_window: definition.duplicateWindowMs * 1e6,
    num_replicas: replicas,
    allow_direct: true,
    republish,
    description: definition.summary,
    metadata: { [versionKey]: String(definition.version) },
  };
}

// What `kv` of the client library makes of a bucket with a history of one (ADR-8 of nats-architecture-and-design).
function bucketConfigOf(name: BucketName, definition: BucketDefinition, replicas: number): Partial<StreamConfig> {
  return {
    name: bucketStream(name),
    subjects: [`$KV.${name}.>`],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    max_msgs_per_subject: 1,
    max_bytes: definition.maxBytes,
    num_replicas: replicas,
    allow_direct: true,
    allow_rollup_hdrs: true,
    deny_delete: true,
    republish,
    description: definition.summary,
    metadata: { [versionKey]: String(definition.version) },
  };
}

function consumerConfigOf(consumer: ConsumerDefinition): Partial<ConsumerConfig> {
  return {
    durable_name: consumer.name,
    deliver_policy: DeliverPolicy.All,
    ack_policy: consumer.mode === 'batch' ? AckPolicy.All : AckPolicy.Explicit,
    ack_wait: consumer.ackWaitMs * 1e6,
    max_ack_pending: consumer.maxAckPending,
    ...(consumer.filters.length === 0 ? {} : { filter_subjects: [...consumer.filters] }),
  };
}
