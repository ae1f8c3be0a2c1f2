import { jest } from '@jest/globals';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { streamNames, streams } from '@sentinel-forge/contracts';
import { Arrivals, waitFor } from '@sentinel-forge/testing';
import { EmbeddedMeshProcess } from '../support/embedded-mesh-process.js';

// Each call is a process of its own, on a machine that may be busy.
jest.setTimeout(45_000);

const forged = 'forged-by-edge';
/** What JetStream answers a publication with: the one thing that a reply subject could smuggle somewhere. */
const isPublishAck = (text: string): boolean => text.startsWith('{"stream":');

/**
 * The local client without credentials: it may publish `defend.>` and subscribe to events, and nothing else. What it tries
 * beyond that is looked for where it would have had its effect, through a connection that may see everything.
 */
describe('a stock NATS client without credentials', () => {
  let mesh: EmbeddedMeshProcess;
  let edge: NatsConnection;
  let inside: NatsConnection;
  let jsm: JetStreamManager;
  const refusals = new Arrivals<string>();

  beforeAll(async () => {
    mesh = await EmbeddedMeshProcess.start({ hasInsider: true });
    edge = await connect({ servers: mesh.natsUrl, name: 'stock' });
    inside = await connect({ servers: mesh.natsUrl, user: 'insider', pass: 'insider' });
    jsm = await jetstreamManager(inside);
    void (async () => {
      for await (const status of edge.status()) {
        if (status.type === 'error') {
          refusals.add(String(status.error));
        }
      }
    })();
  }, 60_000);

  afterAll(async () => {
    await edge?.close();
    await inside?.close();
    await mesh?.[Symbol.asyncDispose]();
  }, 30_000);

  const telemetry = (text: string): string => JSON.stringify({ source: 'edge', severity: 1, summary: text });

  /** Resolves when everything that the client has sent before has been dealt with: the telemetry sent last is stored. */
  async function settle(): Promise<void> {
    const mark = `mark-${crypto.randomUUID()}`;
    const before = (await jsm.streams.info('DEFEND')).state.last_seq;
    edge.publish('defend.mark', telemetry(mark));
    await edge.flush();
    await waitFor(
      async () => {
        const { last_seq } = (await jsm.streams.info('DEFEND')).state;
        const last = last_seq > before ? await jsm.streams.getMessage('DEFEND', { last_by_subj: 'defend.mark' }) : null;
        return last?.json<{ summary: string }>().summary === mark;
      },
      { description: 'the mark in DEFEND' },
    );
  }

  /** The subjects of a stream with the number of their messages. */
  async function subjectsOf(stream: string): Promise<Readonly<Record<string, number>>> {
    return (await jsm.streams.info(stream, { subjects_filter: '>' })).state.subjects ?? {};
  }

  /** What was stored last on a subject, be it an event or a record of a bucket; undefined when nothing ever was. */
  async function lastOn(subject: string): Promise<string | undefined> {
    try {
      const stream = await jsm.streams.find(subject);
      return (await jsm.streams.getMessage(stream, { last_by_subj: subject }))?.string();
    } catch {
      return undefined; // no stream captures it
    }
  }

  /** Resolves when the server has refused an operation on the subject. */
  function refused(subject: string): Promise<unknown> {
    return refusals.until((all) => all.some((text) => text.includes(`"${subject}"`)), `the refusal of ${subject}`);
  }

  it('may send telemetry as bare JSON, which is stored', async () => {
    edge.publish('defend.edge.allowed', telemetry('bare'));
    const stored = await waitFor(
      () => jsm.streams.getMessage('DEFEND', { last_by_subj: 'defend.edge.allowed' }).catch(() => null),
      {
        description: 'the telemetry in DEFEND',
      },
    );
    expect(stored.json()).toMatchObject({ source: 'edge', summary: 'bare' });
  });

  it('may subscribe to every event', async () => {
    const heard = new Arrivals<string>();
    const subscriptions = streamNames.flatMap((name) =>
      streams[name].subjects.map((subject) =>
        edge.subscribe(subject, { callback: (_error, message) => heard.add(message.subject) }),
      ),
    );
    await edge.flush();
    // One for each stream, said by somebody who may.
    const said = streamNames.map((name) => streams[name].subjects[0]?.replace('>', 'edge-probe') ?? '');
    for (const subject of said) {
      inside.publish(subject, '{}');
    }
    await heard.until((all) => said.every((subject) => all.includes(subject)), 'an event of every stream');
    for (const subscription of subscriptions) {
      subscription.unsubscribe();
    }
  });

  it.each([
    'mitigation.sentinelcore.requested.h',
    'mitigation.supervisor.released',
    'health.service.supervisor.up',
    'log.supervisor.info',
    'audit.completed',
    'task.claimed',
    'delivery.deploy.done',
    'notify.requested',
    'dead-letter.DEFEND.sentinelcore',
    '$KV.mitigations.m-forged',
    '$KV.switches.h.responses',
    'forge.rpc.sentinelcore.rules-list',
    'checkpoint.log-indexer',
    'anything.else',
  ])('cannot publish on %s', async (subject) => {
    const overheard = new Arrivals<string>();
    const listener = inside.subscribe(subject, { callback: (_error, message) => overheard.add(message.string()) });
    await inside.flush();
    edge.publish(subject, forged);
    await refused(subject);
    await settle();
    // The mesh itself may speak there meanwhile.
    expect(overheard.all.filter((text) => text.includes(forged))).toEqual([]);
    listener.unsubscribe();
    expect((await lastOn(subject)) ?? '').not.toContain(forged);
  });

  it.each([
    '$KV.mitigations.m-forged',
    '$KV.inventory.h.c',
    '$KV.switches.h.responses',
    'mitigation.sentinelcore.requested.h',
    'mitigation.supervisor.released',
    'health.service.supervisor.down',
    'notify.requested',
    'dead-letter.DEFEND.sentinelcore',
    'log.supervisor.info',
    '$JS.API.STREAM.PURGE.MITIGATION',
    '$JS.API.STREAM.DELETE.DEFEND',
    '$JS.API.CONSUMER.DELETE.DEFEND.sentinelcore',
    'forge.rpc.supervisor.mitigation-pause.h',
    'defend.echo',
  ])(
    'cannot have the server answer to %s: the reply subject of telemetry reaches nothing of the mesh',
    async (reply) => {
      const before = await counts();
      const overheard = new Arrivals<string>();
      const listener = inside.subscribe(reply, { callback: (_error, message) => overheard.add(message.string()) });
      await inside.flush();
      edge.publish('defend.reply', telemetry('with a reply'), { reply });
      await settle();
      await inside.flush();
      expect(overheard.all.filter(isPublishAck)).toEqual([]);
      listener.unsubscribe();
      expect(isPublishAck((await lastOn(reply)) ?? '')).toBe(false);
      const after = await counts();
      expect(Object.keys(after)).toEqual(Object.keys(before));
      expect(streamNames.filter((name) => (after[name] ?? 0) < (before[name] ?? 0))).toEqual([]);
    },
  );

  it.each([
    ['$JS.API.INFO', ''],
    ['$JS.API.STREAM.LIST', ''],
    ['$JS.API.STREAM.PURGE.DEFEND', ''],
    ['$JS.API.STREAM.DELETE.DEFEND', ''],
    ['$JS.API.STREAM.MSG.DELETE.DEFEND', '{"seq":1}'],
    ['$JS.API.STREAM.UPDATE.DEFEND', '{"name":"DEFEND","subjects":["x"]}'],
    ['$JS.API.STREAM.CREATE.EDGE', '{"name":"EDGE","subjects":["edge.>"]}'],
    [
      '$JS.API.CONSUMER.CREATE.DEFEND',
      '{"stream_name":"DEFEND","config":{"deliver_subject":"defend.stolen","ack_policy":"none"}}',
    ],
    [
      '$JS.API.CONSUMER.DURABLE.CREATE.DEFEND.spy',
      '{"stream_name":"DEFEND","config":{"durable_name":"spy","deliver_subject":"mitigation.x"}}',
    ],
    ['$JS.API.CONSUMER.DELETE.DEFEND.sentinelcore', ''],
    ['$JS.API.CONSUMER.MSG.NEXT.DEFEND.sentinelcore', '1'],
    ['$JS.API.DIRECT.GET.KV_mitigations', '{"last_by_subj":"$KV.mitigations.>"}'],
    ['$JS.API.STREAM.MSG.GET.DEFEND', '{"seq":1}'],
  ])('cannot use JetStream: %s', async (subject, body) => {
    const before = await jetStreamNames();
    // The answer would come to a subject that the client may hear.
    const answers = new Arrivals<string>();
    const ear = edge.subscribe('defend.answer', { callback: (_error, message) => answers.add(message.string()) });
    edge.publish(subject, body, { reply: 'defend.answer' });
    await refused(subject);
    await settle();
    ear.unsubscribe();
    expect(answers.all).toEqual([]);
    expect(await jetStreamNames()).toEqual(before);
  });

  it('cannot purge, roll up or overwrite with headers', async () => {
    edge.publish('defend.headers', telemetry('the first'));
    await settle();
    const before = await jsm.streams.info('DEFEND');
    for (const [name, value] of [
      ['Nats-Rollup', 'all'],
      ['Nats-Rollup', 'sub'],
      ['Nats-Expected-Stream', 'MITIGATION'],
      ['Nats-Schedule-Target', 'mitigation.supervisor.released'],
      ['Nats-TTL', '1s'],
      ['KV-Operation', 'PURGE'],
    ] as const) {
      const tricks = headers();
      tricks.set(name, value);
      edge.publish('defend.headers', telemetry(`${name}: ${value}`), { headers: tricks });
    }
    await settle();
    const after = await jsm.streams.info('DEFEND');
    expect(after.state.first_seq).toBe(before.state.first_seq);
    expect(after.state.messages).toBeGreaterThan(before.state.messages);
    expect((await jsm.streams.getMessage('DEFEND', { seq: before.state.last_seq }))?.subject).toBe('defend.mark');
    expect(await lastOn('mitigation.supervisor.released')).toBeUndefined();
  });

  it("cannot silence telemetry of the mesh's own with its message ids: those cannot be guessed", async () => {
    const { stdout } = await mesh.forge('defend', 'owned', '--severity', '1', '--json');
    const sent = JSON.parse(stdout) as { readonly id: string; readonly sequence: number };
    expect(sent.id).toMatch(/^[0-9a-f-]{36}$/);
    // Even the id of an event that it saw only makes a duplicate of its own message.
    const tricks = headers();
    tricks.set('Nats-Msg-Id', sent.id);
    edge.publish('defend.owned', telemetry('a replay'), { headers: tricks });
    await settle();
    const stored = await jsm.streams.getMessage('DEFEND', { seq: sent.sequence });
    expect(stored?.json<{ id: string }>().id).toBe(sent.id);
  });

  it("cannot pass for an app with CloudEvents headers on telemetry's subject", async () => {
    const claims = headers();
    for (const [name, value] of Object.entries({
      'ce-specversion': '1.0',
      'ce-id': 'forged',
      'ce-type': 'forge.mitigation.requested.v1',
      'ce-source': '/sentinelcore',
      'ce-time': '2026-01-31T12:00:00Z',
    })) {
      claims.set(name, value);
    }
    const before = (await subjectsOf('MITIGATION'))['mitigation.supervisor.applied'] ?? 0;
    edge.publish('defend.claim', telemetry('claims to be a request'), { headers: claims });
    await settle();
    const { stdout } = await waitForDeadLetter('defend.claim');
    expect(stdout).toContain('does not belong on defend.claim');
    expect((await subjectsOf('MITIGATION'))['mitigation.supervisor.applied'] ?? 0).toBe(before);
  }, 30_000);

  it.each([
    '_INBOX.>',
    '_INBOX_operator.>',
    '_INBOX_mesh.>',
    '_INBOX_sentinelcore.>',
    '>',
    '*.>',
    'forge.rpc.>',
    '$JS.>',
    '$KV.>',
    '$SRV.>',
    '$SYS.>',
  ])('cannot listen on %s', async (subject) => {
    const heard = new Arrivals<string>();
    edge.subscribe(subject, {
      callback: (error, message) => (error === null ? heard.add(message.subject) : undefined),
    });
    await refused(subject);
    // An exchange on every such subject, by those who may.
    await mesh.forge('status', '--json');
    await jsm.getAccountInfo();
    await settle();
    expect(heard.all).toEqual([]);
  });

  it('cannot read the inbox of another client without credentials: there are none', async () => {
    const other = await connect({ servers: mesh.natsUrl, name: 'other' });
    await expect(other.request('defend.ask', telemetry('may I?'), { timeout: 500 })).rejects.toThrow();
    await other.close();
  });

  it('cannot discover, ask or steer services, nor the server', async () => {
    for (const subject of [
      '$SRV.PING',
      '$SRV.INFO.supervisor',
      '$SYS.REQ.SERVER.PING',
      '$SYS.REQ.ACCOUNT.PING.CONNZ',
      '$SYS.REQ.USER.INFO',
    ]) {
      edge.publish(subject, '', { reply: 'defend.answer' });
      await refused(subject);
    }
  });

  it('leaves the mesh as healthy as it was', async () => {
    const { code, stdout } = await mesh.forge('provision', '--dry-run', '--json');
    expect(code).toBe(0);
    const { steps } = JSON.parse(stdout) as { readonly steps: ReadonlyArray<{ readonly action: string }> };
    expect(steps.every(({ action }) => action === 'keep')).toBe(true);
  });

  async function counts(): Promise<Readonly<Record<string, number>>> {
    const infos = await Promise.all(streamNames.map((name) => jsm.streams.info(name)));
    return Object.fromEntries(infos.map(({ config, state }) => [config.name, state.messages]));
  }

  async function jetStreamNames(): Promise<readonly string[]> {
    const names = (await jsm.streams.names().next()) ?? [];
    const consumers = await Promise.all(
      names.map(async (name) => (await jsm.consumers.list(name).next()).map((one) => `${name}/${one.name}`)),
    );
    return [...names, ...consumers.flat()].sort();
  }

  function waitForDeadLetter(subject: string) {
    return waitFor(
      async () => {
        const run = await mesh.forge('dead-letters', 'list', '--json');
        return run.stdout.includes(`"${subject}"`) ? run : undefined;
      },
      { description: `a dead letter of ${subject}`, timeoutMs: 15_000, intervalMs: 200 },
    );
  }
});
