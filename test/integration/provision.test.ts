import { jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { type BucketName, buckets, consumers, streamNames, streams } from '@sentinel-forge/contracts';
import { connectClient, type ProvisionStep, provision, refuseBlocked } from '@sentinel-forge/messaging';
import { NatsTestServer } from '@sentinel-forge/testing';

const options = { replicas: 1, hosts: ['host-a', 'host-b'] };
const hostConsumers = consumers.filter(({ name }) => name.includes('{host}')).length;
const stepCount = streamNames.length + Object.keys(buckets).length + consumers.length + hostConsumers;

async function bareServer() {
  const nats = await NatsTestServer.start();
  const connection = await connectClient({ name: 'test', servers: [nats.url] });
  const jsm = await jetstreamManager(connection);
  return {
    connection,
    jsm,
    async [Symbol.asyncDispose]() {
      await connection.close();
      await nats[Symbol.asyncDispose]();
    },
  };
}

const counts = (steps: readonly ProvisionStep[]) =>
  Object.fromEntries(
    Map.groupBy(steps, ({ action }) => action)
      .entries()
      .map(([action, list]) => [action, list.length]),
  );

describe('provisioning', () => {
  it('makes everything that is declared, with a consumer for each host, and the second time nothing', async () => {
    await using server = await bareServer();
    expect(counts(await provision(server.connection, options))).toEqual({ create: stepCount });
    expect(counts(await provision(server.connection, options))).toEqual({ keep: stepCount });
    const { config } = await server.jsm.streams.info('DEFEND');
    expect(config).toMatchObject({
      subjects: ['defend.>'],
      storage: 'file',
      max_bytes: streams.DEFEND.maxBytes,
      allow_direct: true,
    });
    const names = (await server.jsm.consumers.list('MITIGATION').next()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['supervisor-host-a', 'supervisor-host-b']));
  });

  it('says what it would do in a dry run, and does nothing', async () => {
    await using server = await bareServer();
    expect(counts(await provision(server.connection, { ...options, isDryRun: true }))).toEqual({ create: stepCount });
    expect(await server.jsm.streams.list().next()).toEqual([]);
  });

  it('brings what differs in line, in place, and names every field', async () => {
    await using server = await bareServer();
    await provision(server.connection, options);
    await server.jsm.streams.update('LOG', { max_age: 600 * 1e9, max_bytes: 1024 * 1024 });
    await server.jsm.consumers.update('DEFEND', 'sentinelcore', { max_ack_pending: 7 });
    const changed = (await provision(server.connection, options)).filter(({ action }) => action !== 'keep');
    expect(changed).toMatchObject([
      {
        kind: 'stream',
        name: 'LOG',
        action: 'update',
        differences: [expect.stringContaining('max_age is 600000000000'), expect.stringContaining('max_bytes')],
      },
      {
        kind: 'consumer',
        name: 'DEFEND/sentinelcore',
        action: 'update',
        differences: ['max_ack_pending is 7, declared is 20000'],
      },
    ]);
    expect(counts(await provision(server.connection, options))).toEqual({ keep: stepCount });
  });

  it('keeps the messages of a stream that it brings in line', async () => {
    await using server = await bareServer();
    await provision(server.connection, options);
    server.connection.publish('defend.auth', '{"source":"web"}');
    await server.connection.flush();
    await server.jsm.streams.update('DEFEND', { max_age: 600 * 1e9 });
    await provision(server.connection, options);
    expect((await server.jsm.streams.info('DEFEND')).state.messages).toBe(1);
  });

  it('says what cannot be changed in place, and leaves it as it is', async () => {
    await using server = await bareServer();
    await server.jsm.streams.add({
      name: 'AUDIT',
      subjects: ['audit.>'],
      storage: StorageType.Memory,
      retention: RetentionPolicy.Workqueue,
    });
    const steps = await provision(server.connection, options);
    const blocked = steps.filter(({ action }) => action === 'blocked');
    expect(blocked[0]).toMatchObject({
      kind: 'stream',
      name: 'AUDIT',
      differences: expect.arrayContaining([
        'storage is "memory", declared is "file"',
        'retention is "workqueue", declared is "limits"',
      ]),
    });
    expect(() => refuseBlocked(steps)).toThrow(
      expect.objectContaining({ code: 'FORGE_NATS_TOPOLOGY', message: expect.stringContaining('stream AUDIT: ') }),
    );
    expect((await server.jsm.streams.info('AUDIT')).config.storage).toBe('memory');
    expect(steps.filter(({ action }) => action === 'create').length).toBeGreaterThan(10);
  });

  it('says that a consumer acknowledges otherwise than declared: that cannot be changed in place either', async () => {
    await using server = await bareServer();
    await provision(server.connection, options);
    await server.jsm.consumers.delete('DEFEND', 'sentinelcore');
    await server.jsm.consumers.add('DEFEND', { durable_name: 'sentinelcore', ack_policy: 'explicit' as never });
    const blocked = (await provision(server.connection, options)).filter(({ action }) => action === 'blocked');
    expect(blocked).toMatchObject([
      {
        kind: 'consumer',
        name: 'DEFEND/sentinelcore',
        differences: expect.arrayContaining(['ack_policy is "explicit", declared is "all"']),
      },
    ]);
  });

  it("says whose stream holds a subject that is the mesh's", async () => {
    await using server = await bareServer();
    await server.jsm.streams.add({ name: 'THEIRS', subjects: ['notify.>'] });
    const steps = await provision(server.connection, options);
    expect(steps.find(({ name }) => name === 'NOTIFY')).toMatchObject({
      action: 'blocked',
      reason: expect.stringContaining('overlap'),
    });
  });

  it.each([
    ['a stream', 'HEALTH'],
    ['a bucket', 'KV_mitigations'],
  ])('refuses all of it when a newer version made %s, and changes nothing', async (_what, name) => {
    await using server = await bareServer();
    await provision(server.connection, options);
    await server.jsm.streams.update(name, { metadata: { 'forge.version': '2' }, max_bytes: 7_000_000 });
    await server.jsm.streams.update('LOG', { max_age: 600 * 1e9 });
    await server.jsm.streams.delete('AUDIT');
    for (const isDryRun of [true, false]) {
      await expect(provision(server.connection, { ...options, isDryRun })).rejects.toMatchObject({
        code: 'FORGE_DATA_NEWER',
        message: expect.stringMatching(`stream ${name} .*is 2, .*understands 1\\b.*Start the newer version`),
      });
    }
    expect((await server.jsm.streams.info(name)).config).toMatchObject({ max_bytes: 7_000_000 });
    expect((await server.jsm.streams.info('LOG')).config).toMatchObject({ max_age: 600 * 1e9 });
    await expect(server.jsm.streams.info('AUDIT')).rejects.toThrow('not found');
  });

  it('brings streams in line that say no version: the first version did not yet', async () => {
    await using server = await bareServer();
    await provision(server.connection, options);
    await server.jsm.streams.update('LOG', { metadata: {} });
    const changed = (await provision(server.connection, options)).filter(({ action }) => action !== 'keep');
    expect(changed).toMatchObject([{ name: 'LOG', action: 'update' }]);
  });

  it('makes buckets that hold one value for each key', async () => {
    await using server = await bareServer();
    await provision(server.connection, options);
    for (const bucket of Object.keys(buckets) as BucketName[]) {
      const { config } = await server.jsm.streams.info(`KV_${bucket}`);
      expect(config).toMatchObject({ max_msgs_per_subject: 1, discard: 'new', max_bytes: buckets[bucket].maxBytes });
    }
  });

  it('tells a server that does not answer from one that has nothing', async () => {
    const nats = await NatsTestServer.start();
    const connection = await connectClient({ name: 'test', servers: [nats.url] });
    await nats[Symbol.asyncDispose]();
    await expect(provision(connection, options)).rejects.toMatchObject({ code: 'FORGE_NATS_UNAVAILABLE' });
    await connection.close();
  }, 20_000);
});
