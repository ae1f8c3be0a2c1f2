import { connect, type NatsConnection } from '@nats-io/transport-node';
import {
  appNames,
  buckets,
  consumers,
  eventRows,
  forHost,
  requests,
  streamNames,
  streams,
} from '@sentinel-forge/contracts';
import {
  accountsConfig,
  connectClient,
  inboxPrefixOf,
  meshUsers,
  permissionsOf,
  provision,
  refuseBlocked,
} from '@sentinel-forge/messaging';
import { NatsTestServer, waitFor } from '@sentinel-forge/testing';
import { withInsider } from '../support/insider.js';

const hosts = ['web-1', 'web-2'];
const users = meshUsers(hosts);
const password = (name: string): string => `password-of-${name}`;
const readers = consumers.flatMap((consumer) =>
  consumer.name.includes('{host}') ? hosts.map((host) => forHost(consumer, host)) : [consumer],
);
const captured = [...streamNames, ...Object.keys(buckets).map((bucket) => `KV_${bucket}`)];

/** Something that the server answers, and with what. */
interface Call {
  readonly subject: string;
  readonly payload: string;
}

/** Everything that a user may have the server answer: with what is stored, with an acknowledgement, with an error. */
function callsOf(name: string): readonly Call[] {
  const user = users.find((one) => one.name === name);
  if (user === undefined) {
    return [];
  }
  return permissionsOf(user, hosts)
    .publish.filter((subject) => !subject.startsWith('$JS.ACK.'))
    .map((subject) => ({ subject: subject.replace(/[*>]/g, 'probe'), payload: payloadFor(subject) }))
    .map((call) => (call.subject.endsWith('GET.probe') ? { ...call, subject: `$JS.API.DIRECT.GET.DEFEND` } : call));
}

function payloadFor(subject: string): string {
  if (subject.includes('.CONSUMER.MSG.NEXT.')) {
    return '{"batch":1,"no_wait":true}';
  }
  if (/DIRECT\.GET\.[^.>]+$/.test(subject) || subject.endsWith('DIRECT.GET.>')) {
    return '{"seq":1}';
  }
  if (subject.startsWith('$JS.API.')) {
    return subject.includes('MSG.GET') ? '{"seq":1}' : '';
  }
  return '{}';
}

/** Every kind of subject on which something would come of a message: an event, a record, an order to JetStream, somebody's inbox. */
const replies: readonly string[] = [
  ...eventRows.flatMap(({ pattern }) =>
    appNames.flatMap((app) =>
      hosts.map((host) =>
        pattern.build({
          app,
          host,
          signal: 'forged',
          state: 'forged',
          level: 'forged',
          stream: 'DEFEND',
          consumer: 'forged',
        }),
      ),
    ),
  ),
  ...Object.keys(buckets).map((bucket) => `$KV.${bucket}.forged`),
  ...captured.flatMap((stream) =>
    ['PURGE', 'DELETE', 'MSG.DELETE', 'UPDATE', 'CREATE', 'SNAPSHOT'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`),
  ),
  ...readers.flatMap(({ stream, name }) => [
    `$JS.ACK.${stream}.${name}.1.1.1.1.0`,
    ...['DELETE', 'RESET', 'PAUSE'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.${name}`),
  ]),
  ...Object.values(requests).flatMap(({ app, verb }) =>
    (app === 'every' ? appNames : [app]).map((one) =>
      ['forge.rpc', one, verb, ...(one === 'supervisor' ? [hosts[0]] : [])].join('.'),
    ),
  ),
  ...users.map(({ role, host }) => `${inboxPrefixOf(role, host)}.forged`),
  '$SRV.PING',
].filter((subject, index, all) => all.indexOf(subject) === index);

/** Whether a subject is one of those that a pattern with wildcards stands for. */
function covers(pattern: string, subject: string): boolean {
  const tokens = subject.split('.');
  const wanted = pattern.split('.');
  return wanted.at(-1) === '>'
    ? tokens.length >= wanted.length &&
        wanted.slice(0, -1).every((token, index) => token === '*' || token === tokens[index])
    : tokens.length === wanted.length && wanted.every((token, index) => token === '*' || token === tokens[index]);
}

describe('an answer of the server', () => {
  let nats: NatsTestServer;
  let insider: NatsConnection;
  const inStreams: string[] = [];

  beforeAll(async () => {
    const identities = ({ name }: { readonly name: string }): readonly string[] => [
      `user: ${JSON.stringify(name)}, password: ${JSON.stringify(password(name))}`,
    ];
    nats = await NatsTestServer.start({
      config: withInsider(accountsConfig({ hosts, identities, anonymous: 'none' })),
    });
    const deployer = await connectClient({
      ...{ name: 'test', role: 'deployer', servers: [nats.url] },
      ...{ user: 'deployer', password: password('deployer') },
    });
    refuseBlocked(await provision(deployer, { replicas: 1, hosts }));
    await deployer.close();
    insider = await connect({ servers: nats.url, user: 'insider', pass: 'insider' });
    // Something for every stream to answer with: it is what an attacker would have stored there itself.
    for (const name of streamNames) {
      const subject = streams[name].subjects[0]?.replace('>', 'stored.before') ?? '';
      await insider.request(subject, '{}');
    }
    for (const bucket of Object.keys(buckets)) {
      await insider.request(`$KV.${bucket}.stored`, '{}');
    }
    // One by one: what a consumer delivers bears the subject it was stored under, wherever it is delivered to.
    for (const reply of replies) {
      insider.subscribe(reply, { callback: () => void inStreams.push(reply) });
    }
    await insider.flush();
  });

  afterAll(async () => {
    await insider?.close();
    await nats?.[Symbol.asyncDispose]();
  });

  const connectAs = (name: string, inboxPrefix: string): Promise<NatsConnection> =>
    connect({ servers: nats.url, user: name, pass: password(name), inboxPrefix });

  it.each(users.map(({ name }) => name))(
    'to %s goes nowhere but to itself, whatever reply subject it names',
    async (name) => {
      const heardByOthers: string[] = [];
      const others = await Promise.all(
        users
          .filter((user) => user.name !== name)
          .map(async (user) => {
            const other = await connectAs(user.name, inboxPrefixOf(user.role, user.host));
            const patterns = permissionsOf(user, hosts).subscribe;
            for (const reply of replies.filter((one) => patterns.some((pattern) => covers(pattern, one)))) {
              other.subscribe(reply, { callback: () => void heardByOthers.push(reply) });
            }
            await other.flush();
            return other;
          }),
      );
      const user = users.find((one) => one.name === name);
      const inbox = `${inboxPrefixOf(user?.role ?? 'operator', user?.host ?? '')}.answers`;
      const attacker = await connectAs(name, inbox);
      const answers: string[] = [];
      attacker.subscribe(inbox, { callback: (_, message) => void answers.push(message.subject) });
      const calls = callsOf(name);
      // What it may say itself, it need not forge.
      const foreign = replies.filter((reply) => !calls.some(({ subject }) => subject === reply));
      inStreams.length = 0;
      for (const { subject, payload } of calls) {
        for (const reply of foreign) {
          attacker.publish(subject, payload, { reply });
        }
        await attacker.flush();
      }
      // Asked last, and answered last: by then all that was to come of the others has come.
      const before = answers.length;
      const answered = calls.filter(({ subject }) => /^\$JS\.API\.(STREAM\.INFO|DIRECT\.GET|INFO)/.test(subject));
      for (const { subject, payload } of answered) {
        attacker.publish(subject, payload, { reply: inbox });
      }
      await waitFor(() => answers.length - before >= answered.length, { description: 'the last answers' });
      await insider.flush();
      const saidByItself = new Set(calls.map(({ subject }) => subject));
      const isForeign = (subject: string): boolean => !saidByItself.has(subject);
      expect([...new Set(inStreams)].filter(isForeign)).toEqual([]);
      expect([...new Set(heardByOthers)].filter(isForeign)).toEqual([]);
      process.stdout.write(`${name}: ${calls.length} calls × ${foreign.length} reply subjects\n`);
      await Promise.all([attacker, ...others].map((connection) => connection.close()));
    },
    60_000,
  );

  it('would land there, if it were asked for where the streams are', async () => {
    inStreams.length = 0;
    const reply = 'mitigation.sentinelcore.requested.web-1';
    insider.publish('$JS.API.DIRECT.GET.DEFEND', '{"seq":1}', { reply });
    await waitFor(() => inStreams.includes(reply), { description: 'the forged event' });
  });
});
