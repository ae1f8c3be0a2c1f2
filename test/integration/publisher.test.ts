import { events, type SelfMitigation } from '@sentinel-forge/contracts';
import { followStreams } from '@sentinel-forge/messaging';
import { NatsTestServer, waitFor } from '@sentinel-forge/testing';
import { MeshParts } from '../support/mesh-parts.js';
import { TestMesh } from '../support/test-mesh.js';

const data: SelfMitigation = { what: 'tested', reason: 'a test' };
const self = { app: 'supervisor' };

async function idsIn({ connection }: MeshParts): Promise<readonly string[]> {
  const ids: string[] = [];
  const options = { filters: ['mitigation.>'], start: { kind: 'sequence', sequence: 1 }, isLive: false } as const;
  for await (const message of await followStreams(await connection.whenConnected(), {
    ...options,
    signal: new AbortController().signal,
  })) {
    ids.push(message.headers?.get('ce-id') ?? '');
  }
  return ids;
}

describe('publishing', () => {
  it('stores an event once, however often it is said with the same id', async () => {
    await using mesh = await TestMesh.open();
    await using parts = new MeshParts(mesh.nats.url);
    const first = await parts.publisher.publish(events.selfMitigation, self, data, { id: 'the same' });
    const again = await parts.publisher.publish(events.selfMitigation, self, data, { id: 'the same' });
    expect([first.isDuplicate, again.isDuplicate]).toEqual([false, true]);
    expect(again.sequence).toBe(first.sequence);
    expect(await idsIn(parts)).toEqual(['the%20same']);
  });

  it('takes an id that no header could hold as it is', async () => {
    await using mesh = await TestMesh.open();
    await using parts = new MeshParts(mesh.nats.url);
    const id = 'ä\r\nNats-Msg-Id: other "50%"';
    await parts.publisher.publish(events.selfMitigation, self, data, { id });
    expect((await parts.publisher.publish(events.selfMitigation, self, data, { id })).isDuplicate).toBe(true);
  });

  it('refuses what breaks its contract, and sends nothing', async () => {
    await using mesh = await TestMesh.open();
    await using parts = new MeshParts(mesh.nats.url);
    const wrong = { ...data, what: 'two words' };
    await expect(parts.publisher.publish(events.selfMitigation, self, wrong)).rejects.toMatchObject({
      code: 'FORGE_EVENT_INVALID',
    });
    expect(await idsIn(parts)).toEqual([]);
  });

  it.each([
    ['no stream takes it', 'no stream takes this subject', (name: string) => [`$JS.API.STREAM.DELETE.${name}`, '']],
    [
      'its stream refuses it',
      'invalid operation on sealed stream',
      (name: string, config: object) => [`$JS.API.STREAM.UPDATE.${name}`, JSON.stringify({ ...config, sealed: true })],
    ],
  ] as const)('says so when %s', async (_, message, spoil) => {
    await using mesh = await TestMesh.open();
    await using parts = new MeshParts(mesh.nats.url);
    const info = await mesh.connection.request('$JS.API.STREAM.INFO.MITIGATION');
    const [subject = '', body] = spoil('MITIGATION', info.json<{ readonly config: object }>().config);
    await mesh.connection.request(subject, body);
    await expect(parts.publisher.publish(events.selfMitigation, self, data, { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'FORGE_NATS_PUBLISH',
      cause: expect.objectContaining({ message }),
    });
  });

  it('waits while nats-server restarts, and neither loses nor doubles an event', async () => {
    await using mesh = await TestMesh.open();
    await using parts = new MeshParts(mesh.nats.url);
    const say = (id: string) => parts.publisher.publish(events.selfMitigation, self, data, { id });
    const before = Array.from({ length: 500 }, (_, index) => say(`before-${index}`));
    await mesh.nats.kill(); // some of them are stored, some are on their way, none is acknowledged for certain
    const during = Array.from({ length: 500 }, (_, index) => say(`during-${index}`));
    await mesh.nats.restart();
    const published = await Promise.all([...before, ...during]);
    const ids = await idsIn(parts);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(published.map(({ id }) => id).sort());
  }, 60_000);

  it('holds callers back beyond its limit, and lets every one of 10,000 through', async () => {
    await using mesh = await TestMesh.open();
    await using parts = new MeshParts(mesh.nats.url);
    await parts.connection.whenConnected();
    let acknowledged = 0;
    const all = Array.from({ length: 10_000 }, () =>
      parts.publisher.publish(events.selfMitigation, self, data).then(() => {
        acknowledged += 1;
      }),
    );
    await waitFor(() => acknowledged > 0, { description: 'a first acknowledgement', intervalMs: 1 });
    const stream = await mesh.connection.request('$JS.API.STREAM.INFO.MITIGATION');
    const { state } = stream.json<{ readonly state: { readonly messages: number } }>();
    expect(state.messages).toBeLessThanOrEqual(acknowledged + 2_048);
    await Promise.all(all);
    expect(acknowledged).toBe(10_000);
  }, 30_000);
});

describe('without an acknowledgement', () => {
  const failure = expect.objectContaining({ code: 'FORGE_NATS_PUBLISH', isRetryable: true });

  it('fails after the time that the caller gives it, and not before', async () => {
    await using mesh = await TestMesh.open();
    await using parts = new MeshParts(mesh.nats.url);
    await parts.connection.whenConnected();
    await mesh.nats.kill();
    const startedAtMs = performance.now();
    await expect(parts.publisher.publish(events.selfMitigation, self, data, { timeoutMs: 700 })).rejects.toEqual(
      failure,
    );
    expect(performance.now() - startedAtMs).toBeGreaterThan(550);
    expect(performance.now() - startedAtMs).toBeLessThan(3_000);
  }, 20_000);

  it('fails in time also when there never was a server, and for every one of many callers', async () => {
    const nats = await NatsTestServer.start();
    await nats.kill();
    await using parts = new MeshParts(nats.url);
    const startedAtMs = performance.now();
    const all = Array.from({ length: 5_000 }, () =>
      parts.publisher.publish(events.selfMitigation, self, data, { timeoutMs: 500 }),
    );
    const outcomes = await Promise.allSettled(all);
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toEqual([]);
    expect(outcomes[4_999]).toEqual({ status: 'rejected', reason: failure });
    await nats[Symbol.asyncDispose]();
  }, 20_000);

  it('fails when no stream holds the subject: nothing is ever said into the void', async () => {
    await using mesh = await TestMesh.open();
    await using parts = new MeshParts(mesh.nats.url);
    await mesh.connection.request('$JS.API.STREAM.DELETE.MITIGATION');
    await expect(parts.publisher.publish(events.selfMitigation, self, data, { timeoutMs: 800 })).rejects.toEqual(
      failure,
    );
  }, 20_000);
});
