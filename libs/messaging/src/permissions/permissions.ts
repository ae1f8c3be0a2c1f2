import {
  type AppName,
  appNames,
  type BucketName,
  buckets,
  type ConsumerDefinition,
  consumers,
  consumersOf,
  type EventDefinition,
  eventRows,
  events,
  forHost,
  type StreamName,
  streamNames,
  streams,
  subjectPattern,
} from '@sentinel-forge/contracts';
import { bucketStream } from '../provision/topology.js';
import type { MeshUser, ToolName } from './users.js';

/** What one user may do: NATS subjects, wildcards among them. Everything else is refused. */
export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** Whether it may answer what it was asked, wherever the answer is wanted. */
  readonly answersRequests: boolean;
}

/**
 * What a user may do, from the registry and nothing else:
 *
 * - say its own events; `{app}` is its own name, and a dead letter is of its own consumer;
 * - read its own consumers: pull, acknowledge, look at and (a batch reader) reset them; nobody may make, change or remove one;
 * - look at the streams that it reads: their state, and single messages (how old is the oldest?);
 * - write the buckets it owns, read those it owns or is named a reader of;
 * - hear requests to itself and discovery, and answer them; and hear its own inbox.
 */
export function permissionsOf(user: MeshUser, hosts: readonly string[]): Permissions {
  switch (user.role) {
    case 'operator':
      return operatorPermissions;
    case 'deployer':
      return deployerPermissions(hosts);
    case 'telemetry':
      return telemetryPermissions;
    default:
      return appPermissions(user.role, user.host);
  }
}

/** Where the answers to a user come, which nobody else may read; supervisor has one for each Docker host. */
export function inboxPrefixOf(role: AppName | ToolName, host: string): string {
  return role === 'supervisor' ? `_INBOX_supervisor-${host}` : `_INBOX_${role}`;
}

/** Every subject that an event of the mesh can have. */
export const eventSubjects: readonly string[] = streamNames.flatMap((name) => streams[name].subjects);

function appPermissions(app: AppName, host: string): Permissions {
  const own = consumersOf(app, host);
  const readable = [...new Set(own.map(({ stream }) => stream))];
  return {
    publish: unique([
      ...eventRows.filter((row) => mayPublish(row, app)).flatMap((row) => subjectsOf(row, app, host)),
      ...own.map(({ stream, name: consumer }) => events.deadLetter.pattern.build({ stream, consumer })),
      ...own.flatMap(consumerCalls),
      ...readable.flatMap((stream) => streamReads(stream)),
      ...bucketNamesOf((bucket) => buckets[bucket].owner === app).map((bucket) => `$KV.${bucket}.>`),
      ...bucketNamesOf((bucket) => mayRead(app, bucket)).flatMap((bucket) => streamReads(bucketStream(bucket))),
      // What was handled again leaves the dead letters; an app reads and removes its own, but a stream has no owner per message.
      ...streamReads('DEAD_LETTER'),
      '$JS.API.STREAM.MSG.DELETE.DEAD_LETTER',
    ]),
    subscribe: unique([
      `${inboxPrefixOf(app, host)}.>`,
      ...['PING', 'INFO', 'STATS'].flatMap((verb) => [`$SRV.${verb}`, `$SRV.${verb}.${app}`, `$SRV.${verb}.${app}.*`]),
      app === 'supervisor' ? `forge.rpc.${app}.*.${host}` : `forge.rpc.${app}.*`,
      // A change that is heard has the reader look at the bucket, or the stream: it is never taken for the change itself.
      ...bucketNamesOf((bucket) => mayRead(app, bucket)).map((bucket) => `$KV.${bucket}.>`),
      ...own.filter(({ filters }) => filters.length === 0).flatMap(({ stream }) => streams[stream].subjects),
    ]),
    answersRequests: true,
  };
}

function mayPublish(row: EventDefinition, app: AppName): boolean {
  return row !== events.deadLetter && (row.publishers === 'anyone' || row.publishers.includes(app));
}

/** The subject of a row as one app says it: under its own name, and (supervisor) of its own host. */
function subjectsOf(row: EventDefinition, app: AppName, host: string): readonly string[] {
  const subject = row.subject.replace('{app}', app);
  const isOfHost = app === 'supervisor' && row === events.containerHealth;
  return [subjectPattern(isOfHost ? subject.replace('{host}', host) : subject).wildcard];
}

function consumerCalls({ stream, name, mode }: ConsumerDefinition): readonly string[] {
  return [
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`,
    `$JS.API.CONSUMER.INFO.${stream}.${name}`,
    ...(mode === 'batch' ? [`$JS.API.CONSUMER.RESET.${stream}.${name}`] : []),
    `$JS.ACK.${stream}.${name}.>`,
  ];
}

function streamReads(stream: StreamName | string): readonly string[] {
  return [`$JS.API.STREAM.INFO.${stream}`, `$JS.API.DIRECT.GET.${stream}`, `$JS.API.DIRECT.GET.${stream}.>`];
}

function mayRead(app: AppName, bucket: BucketName): boolean {
  const { owner, readers } = buckets[bucket];
  return owner === app || (readers as readonly AppName[]).includes(app);
}

function bucketNamesOf(isWanted: (bucket: BucketName) => boolean): readonly BucketName[] {
  return (Object.keys(buckets) as BucketName[]).filter(isWanted);
}

const operatorPermissions: Permissions = {
  publish: [
    ...streams.DEFEND.subjects,
    ...appNames.map((app) => `forge.rpc.${app}.>`),
    '$SRV.>',
    '$JS.API.INFO',
    '$JS.API.STREAM.INFO.*',
    '$JS.API.STREAM.LIST',
    '$JS.API.STREAM.NAMES',
    '$JS.API.STREAM.MSG.GET.*',
    '$JS.API.DIRECT.GET.>',
    '$JS.API.CONSUMER.INFO.*.*',
    '$JS.API.CONSUMER.LIST.*',
  ],
  subscribe: [toolInbox('operator'), ...eventSubjects],
  answersRequests: false,
};

function deployerPermissions(hosts: readonly string[]): Permissions {
  const made = [...streamNames, ...bucketNamesOf(() => true).map(bucketStream)];
  const read = consumers.flatMap((consumer) =>
    consumer.name.includes('{host}') ? hosts.map((host) => forHost(consumer, host)) : [consumer],
  );
  return {
    publish: [
      '$JS.API.INFO',
      ...made.flatMap((name) => ['INFO', 'CREATE', 'UPDATE'].map((verb) => `$JS.API.STREAM.${verb}.${name}`)),
      ...read.flatMap(({ stream, name }) => [
        `$JS.API.CONSUMER.INFO.${stream}.${name}`,
        // Which of them it is, the client library decides by the version of the server.
        `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.${name}`,
        `$JS.API.CONSUMER.CREATE.${stream}.${name}`,
        `$JS.API.CONSUMER.CREATE.${stream}.${name}.>`,
      ]),
    ],
    subscribe: [toolInbox('deployer')],
    answersRequests: false,
  };
}

/** In an account of its own, where nothing but telemetry crosses the border: the acknowledgement comes back into its inbox. */
const telemetryPermissions: Permissions = {
  publish: streams.DEFEND.subjects,
  subscribe: [toolInbox('telemetry')],
  answersRequests: false,
};

function toolInbox(tool: ToolName): string {
  return `${inboxPrefixOf(tool, '')}.>`;
}

function unique(subjects: readonly string[]): readonly string[] {
  return [...new Set(subjects)];
}
