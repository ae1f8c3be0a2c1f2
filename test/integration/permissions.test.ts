import { connect, type NatsConnection } from '@nats-io/transport-node';
import {
  type AppName,
  appNames,
  buckets,
  consumers,
  type EventDefinition,
  eventRows,
  events,
  forHost,
  isAppName,
  requests,
  streamNames,
  streams,
} from '@sentinel-forge/contracts';
import { accountsConfig, meshUsers } from '@sentinel-forge/messaging';
import { NatsTestServer, waitFor } from '@sentinel-forge/testing';

const hosts = ['web-1', 'web-2'];
const users = meshUsers(hosts);
const userNames = users.map(({ name }) => name);
const readers = consumers.flatMap((consumer) =>
  consumer.name.includes('{host}') ? hosts.map((host) => forHost(consumer, host)) : [consumer],
);
/** The user of an app; of supervisor, the one of a host. */
const userOf = (app: AppName, host = hosts[0]): string =>
  app === 'supervisor' && host !== hosts[0] ? `supervisor-${host}` : app;
const usersOf = (app: AppName): readonly string[] =>
  app === 'supervisor' ? hosts.map((host) => userOf(app, host)) : [app];
const readerOf = ({ app, name }: (typeof readers)[number]): string =>
  userOf(app, hosts.find((host) => name.endsWith(`-${host}`)) ?? hosts[0]);

/** One subject, and who may publish on it or subscribe to it: read off the rows of the registry, one question at a time. */
interface Case {
  readonly subject: string;
  readonly allowed: readonly string[];
}

const publishCases: readonly Case[] = [
  ...eventRows.flatMap(eventCases),
  ...readers.flatMap(({ stream, name, mode, ...reader }): readonly Case[] => {
    const owner = readerOf({ stream, name, mode, ...reader });
    const api = (verb: string): string => `$JS.API.CONSUMER.${verb}.${stream}.${name}`;
    return [
      { subject: `dead-letter.${stream}.${name}`, allowed: [owner] },
      { subject: api('MSG.NEXT'), allowed: [owner] },
      { subject: `$JS.ACK.${stream}.${name}.1.1.1.1.0`, allowed: [owner] },
      { subject: api('INFO'), allowed: [owner, 'operator', 'deployer'] },
      { subject: api('RESET'), allowed: mode === 'batch' ? [owner] : [] },
      { subject: api('DURABLE.CREATE'), allowed: ['deployer'] },
      { subject: api('CREATE'), allowed: ['deployer'] },
      { subject: `${api('CREATE')}.x.y`, allowed: ['deployer'] },
      ...['DELETE', 'PAUSE', 'UNPIN', 'LEADER.STEPDOWN'].map((verb) => ({ subject: api(verb), allowed: [] })),
    ];
  }),
  ...streamNames.flatMap((stream): readonly Case[] => {
    const appsOf = [...new Set(readers.filter((reader) => reader.stream === stream).map(readerOf))];
    const all = appNames.flatMap(usersOf);
    return streamCases(stream, {
      // Every app may look at the dead letters: one of them may be its own, to be handled again and removed.
      readers: stream === 'DEAD_LETTER' ? all : appsOf,
      removers: stream === 'DEAD_LETTER' ? all : [],
    });
  }),
  ...Object.entries(buckets).flatMap(([bucket, { owner, readers: others }]): readonly Case[] => [
    { subject: `$KV.${bucket}.some.key`, allowed: usersOf(owner) },
    ...streamCases(`KV_${bucket}`, { readers: [owner, ...others].flatMap(usersOf), removers: [] }),
  ]),
  ...Object.values(requests).flatMap(({ app, verb }): readonly Case[] =>
    (app === 'every' ? appNames : [app]).map((one) => ({
      subject: ['forge.rpc', one, verb, ...(one === 'supervisor' ? [hosts[0]] : [])].join('.'),
      allowed: ['operator'],
    })),
  ),
  ...['$SRV.PING', '$SRV.INFO.supervisor', '$SRV.STATS.sentinelcore.id'].map((subject) => ({
    subject,
    allowed: ['operator'],
  })),
  { subject: '$JS.API.INFO', allowed: ['operator', 'deployer'] },
  ...['$JS.API.STREAM.LIST', '$JS.API.STREAM.NAMES', '$JS.API.CONSUMER.LIST.DEFEND'].map((subject) => ({
    subject,
    allowed: ['operator'],
  })),
  ...[
    ...userNames.map((name) => `_INBOX_${name}.forged`),
    ...[
      '$SYS.REQ.SERVER.PING',
      '$SYS.REQ.ACCOUNT.PING.CONNZ',
      '$JS.API.STREAM.CREATE.OWN',
      '$JS.API.STREAM.UPDATE.OWN',
    ],
    ...['$JS.API.CONSUMER.CREATE.DEFEND', '$JS.API.CONSUMER.CREATE.DEFEND.spy', '$JS.API.ACCOUNT.PURGE.FORGE'],
    ...['$JS.API.META.LEADER.STEPDOWN', '$JS.API.STREAM.PEER.REMOVE.DEFEND', '$JS.FC.DEFEND.x', '$KV.own.key'],
    ...['checkpoint.log-indexer', 'anything.else', 'forge.rpc.nobody.x', 'mitigation', '$O.bucket.C.x'],
  ].map((subject) => ({ subject, allowed: [] })),
];

const subscribeCases: readonly Case[] = [
  ...eventRows.map(
    ({ subject }): Case => ({ subject: subject.replace(/\{.*/, '>'), allowed: ['log-indexer', 'operator'] }),
  ),
  ...streamNames.flatMap((name) =>
    streams[name].subjects.map((subject): Case => ({ subject, allowed: ['log-indexer', 'operator'] })),
  ),
  ...users.map(({ name, role, host }): Case => {
    const inbox = role === 'supervisor' ? `_INBOX_supervisor-${host}.>` : `_INBOX_${role}.>`;
    return { subject: inbox, allowed: [name] };
  }),
  ...appNames.flatMap((app): readonly Case[] => [
    ...['PING', 'INFO', 'STATS'].flatMap((verb) => [
      { subject: `$SRV.${verb}.${app}`, allowed: usersOf(app) },
      { subject: `$SRV.${verb}.${app}.some-id`, allowed: usersOf(app) },
    ]),
    app === 'supervisor'
      ? { subject: `forge.rpc.supervisor.mitigation-list.${hosts[0]}`, allowed: [userOf(app)] }
      : { subject: `forge.rpc.${app}.some-verb`, allowed: [app] },
    // All that is asked of an app is its own to hear; of supervisor, what is asked of its host.
    { subject: `forge.rpc.${app}.>`, allowed: app === 'supervisor' ? [] : [app] },
  ]),
  ...['$SRV.PING', '$SRV.INFO', '$SRV.STATS'].map((subject) => ({ subject, allowed: appNames.flatMap(usersOf) })),
  ...Object.entries(buckets).map(
    ([bucket, { owner, readers: others }]): Case => ({
      subject: `$KV.${bucket}.>`,
      allowed: [owner, ...others].flatMap(usersOf),
    }),
  ),
  ...['>', '*', '*.>', '$JS.>', '$JS.API.>', '$JS.ACK.>', '$JS.EVENT.>', '$KV.>', '$SRV.>', '$SYS.>', '_INBOX.>'].map(
    (subject) => ({ subject, allowed: [] }),
  ),
];

/** An event under every app's name: an app may say it under its own, if the row names it. */
function eventCases(row: EventDefinition): readonly Case[] {
  if (row === events.deadLetter) {
    return [{ subject: 'dead-letter.DEFEND.nobody', allowed: [] }];
  }
  return appNames.flatMap((app) =>
    hosts.map((host): Case => {
      const params = { app, host, signal: 'auth', state: 'up', level: 'info' };
      const subject = row.pattern.build({ ...params, ...(row === events.containerHealth ? { state: 'healthy' } : {}) });
      return { subject, allowed: speakersOf(row, app, host) };
    }),
  );
}

function speakersOf(row: EventDefinition, app: AppName, host: string): readonly string[] {
  if (row.publishers === 'anyone') {
    return userNames.filter((name) => name !== 'deployer');
  }
  if (row === events.containerHealth) {
    return [userOf('supervisor', host)];
  }
  const named = row.publishers.filter((publisher) => !row.subject.includes('{app}') || publisher === app);
  return named.flatMap(usersOf);
}

function streamCases(
  stream: string,
  { readers: who, removers }: { readonly readers: readonly string[]; readonly removers: readonly string[] },
): readonly Case[] {
  const api = (verb: string): string => `$JS.API.STREAM.${verb}.${stream}`;
  return [
    { subject: api('INFO'), allowed: [...who, 'operator', 'deployer'] },
    { subject: `$JS.API.DIRECT.GET.${stream}`, allowed: [...who, 'operator'] },
    { subject: `$JS.API.DIRECT.GET.${stream}.some.subject`, allowed: [...who, 'operator'] },
    { subject: api('MSG.GET'), allowed: ['operator'] },
    { subject: api('MSG.DELETE'), allowed: removers },
    { subject: api('CREATE'), allowed: ['deployer'] },
    { subject: api('UPDATE'), allowed: ['deployer'] },
    ...['DELETE', 'PURGE', 'SNAPSHOT', 'RESTORE', 'LEADER.STEPDOWN'].map((verb) => ({
      subject: api(verb),
      allowed: [],
    })),
  ];
}

/** Nobody's: its refusal says that all those before have been told. */
const lastOfAll = 'the.last.of.all';
const password = (name: string): string => `password-of-${name}`;

/** What a connection was refused, as the server words it. */
class Refusals {
  readonly published = new Set<string>();
  readonly subscribed = new Set<string>();

  constructor(connection: NatsConnection) {
    void this.#listen(connection);
  }

  async #listen(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      const text = status.type === 'error' ? String(status.error) : '';
      const [, kind, subject = ''] = /Permissions Violation for (Publish|Subscription) to "([^"]*)"/.exec(text) ?? [];
      (kind === 'Publish' ? this.published : this.subscribed).add(subject);
    }
  }
}

describe('what a user of the nats-server may do is what the registry says', () => {
  let nats: NatsTestServer;

  beforeAll(async () => {
    const identities = ({ name }: { readonly name: string }): readonly string[] => [
      `user: ${JSON.stringify(name)}, password: ${JSON.stringify(password(name))}`,
    ];
    nats = await NatsTestServer.start({ config: accountsConfig({ hosts, identities, anonymous: 'none' }) });
  });

  afterAll(async () => {
    await nats?.[Symbol.asyncDispose]();
  });

  it.each(userNames)('%s: every subject, publishing and subscribing', async (name) => {
    const connection = await connect({
      servers: nats.url,
      user: name,
      pass: password(name),
      inboxPrefix: '_INBOX_none',
    });
    const refusals = new Refusals(connection);
    for (const { subject } of publishCases) {
      connection.publish(subject, '');
    }
    for (const { subject } of subscribeCases) {
      connection.subscribe(subject, { callback: () => undefined });
    }
    connection.subscribe(lastOfAll, { callback: () => undefined });
    await waitFor(() => refusals.subscribed.delete(lastOfAll), { description: 'the refusal of the last subject' });
    const mayNot = (cases: readonly Case[]): readonly string[] =>
      cases.filter(({ allowed }) => !allowed.includes(name)).map(({ subject }) => subject);
    expect([...refusals.published].sort()).toEqual([...new Set(mayNot(publishCases))].sort());
    expect([...refusals.subscribed].sort()).toEqual([...new Set(mayNot(subscribeCases))].sort());
    await connection.close();
    process.stdout.write(
      `${name}: ${publishCases.length} subjects published on, ${subscribeCases.length} subscribed to\n`,
    );
  });

  it('a client without credentials is not let in, nor one with a wrong password', async () => {
    await expect(connect({ servers: nats.url })).rejects.toThrow(/authorization/i);
    await expect(connect({ servers: nats.url, user: 'supervisor', pass: 'guess' })).rejects.toThrow(/authorization/i);
  });

  it('every app has a user, and every user is an app or a tool', () => {
    expect(users.filter(({ role }) => isAppName(role)).map(({ role }) => role)).toEqual(
      appNames.flatMap((app) => usersOf(app).map(() => app)),
    );
  });
});
