import { setTimeout as delay } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { decodeEvent, events, type ForgeEvent, type StoredMessage } from '@sentinel-forge/contracts';
import { type FollowOptions, followStreams, OnBatch } from '@sentinel-forge/messaging';
import { waitFor } from '@sentinel-forge/testing';
import { MeshParts } from '../support/mesh-parts.js';
import { TestMesh } from '../support/test-mesh.js';

const fromTheFirst = { kind: 'sequence', sequence: 1 } as const;

/** Everything that is there. */
async function history(
  mesh: TestMesh,
  options: Omit<FollowOptions, 'signal' | 'isLive'>,
): Promise<readonly StoredMessage[]> {
  const told: StoredMessage[] = [];
  for await (const message of await followStreams(mesh.connection, {
    ...options,
    signal: new AbortController().signal,
    isLive: false,
  })) {
    told.push(message);
  }
  return told;
}

/** What is told live, and the way to end it. */
async function live(mesh: TestMesh, options: Omit<FollowOptions, 'signal' | 'isLive'>) {
  const told: StoredMessage[] = [];
  const ended = new AbortController();
  const follower = await followStreams(mesh.connection, { ...options, signal: ended.signal });
  const done = (async () => {
    for await (const message of follower) {
      told.push(message);
    }
  })();
  return {
    told,
    async [Symbol.asyncDispose]() {
      ended.abort();
      await done;
    },
  };
}

function publish(mesh: TestMesh, subject: string, count: number, from = 0): void {
  for (let index = 0; index < count; index += 1) {
    mesh.connection.publish(subject, JSON.stringify({ source: `s-${from + index}` }));
  }
}

const sequences = (messages: readonly StoredMessage[]): readonly number[] => messages.map(({ sequence }) => sequence);
const upTo = (last: number, from = 1): readonly number[] =>
  Array.from({ length: last - from + 1 }, (_, index) => from + index);

describe('the history of the streams', () => {
  it('is told in the order of time across streams, however many pages one of them has', async () => {
    await using mesh = await TestMesh.open();
    for (let round = 0; round < 5; round += 1) {
      publish(mesh, 'defend.auth', 150);
      await mesh.connection.flush();
      publish(mesh, 'log.supervisor.info', 10);
      await mesh.connection.flush();
      await delay(2); // so that the rounds have different milliseconds
    }
    const told = await history(mesh, { filters: ['log.>', 'defend.>'], start: fromTheFirst });
    expect(told.length).toBe(800);
    const times = told.map(({ storedAtMs }) => storedAtMs);
    expect(times).toEqual([...times].sort((one, other) => one - other));
    expect(sequences(told.filter(({ stream }) => stream === 'DEFEND'))).toEqual(upTo(750));
    expect(sequences(told.filter(({ stream }) => stream === 'LOG'))).toEqual(upTo(50));
  });

  it('tells a message once that several filters match, and none that no filter does', async () => {
    await using mesh = await TestMesh.open();
    publish(mesh, 'defend.auth.ssh', 3);
    publish(mesh, 'defend.file', 3);
    publish(mesh, 'defend.auth.web', 3);
    await mesh.connection.flush();
    const told = await history(mesh, {
      filters: ['defend.auth.>', 'defend.*.ssh', 'defend.auth.ssh'],
      start: fromTheFirst,
    });
    expect(sequences(told)).toEqual([1, 2, 3, 7, 8, 9]);
  });

  it('begins at a sequence, at a time, or after what is there', async () => {
    await using mesh = await TestMesh.open();
    publish(mesh, 'defend.auth', 5);
    await mesh.connection.flush();
    const [, , third] = await history(mesh, { filters: ['defend.>'], start: fromTheFirst });
    await waitFor(() => Date.now() > (third?.storedAtMs ?? 0) + 5, { description: 'a later millisecond' });
    const timeMs = Date.now();
    publish(mesh, 'defend.auth', 5);
    await mesh.connection.flush();
    const from = async (start: FollowOptions['start']) =>
      sequences(await history(mesh, { filters: ['defend.>'], start }));
    expect(await from({ kind: 'sequence', sequence: 8 })).toEqual([8, 9, 10]);
    expect(await from({ kind: 'time', timeMs })).toEqual([6, 7, 8, 9, 10]);
    expect(await from({ kind: 'time', timeMs: timeMs + 3_600_000 })).toEqual([]);
    expect(await from({ kind: 'new' })).toEqual([]);
  });

  it('refuses a filter that no stream can hold', async () => {
    await using mesh = await TestMesh.open();
    await expect(history(mesh, { filters: ['forge.rpc.>'], start: fromTheFirst })).rejects.toMatchObject({
      code: 'FORGE_EVENT_UNKNOWN',
      message: expect.stringContaining('defend.>'),
    });
  });

  it('leaves no subscription on the server behind, however many pages it reads', async () => {
    await using mesh = await TestMesh.open();
    publish(mesh, 'defend.auth', 2_000);
    await mesh.connection.flush();
    const before = subscriptionsOf(mesh);
    await history(mesh, { filters: ['defend.>'], start: fromTheFirst });
    expect(subscriptionsOf(mesh)).toBe(before);
  });
});

describe('following live', () => {
  it('tells every message once and in order while they are published at speed, from the history into the presence', async () => {
    await using mesh = await TestMesh.open();
    publish(mesh, 'defend.load', 2_000);
    await using following = await live(mesh, { filters: ['defend.>'], start: fromTheFirst });
    for (let burst = 0; burst < 30; burst += 1) {
      publish(mesh, 'defend.load', 200);
      await mesh.connection.flush();
    }
    await waitFor(() => following.told.length >= 8_000, { description: 'all 8,000', timeoutMs: 20_000 });
    expect(sequences(following.told)).toEqual(upTo(8_000));
  }, 30_000);

  it('tells single events one by one, as they come', async () => {
    await using mesh = await TestMesh.open();
    await using following = await live(mesh, { filters: ['defend.>', 'mitigation.>'], start: { kind: 'new' } });
    for (let count = 1; count <= 10; count += 1) {
      publish(mesh, 'defend.auth', 1);
      await waitFor(() => following.told.length === count, { description: `event ${count}`, intervalMs: 5 });
    }
  });

  it('tells all that is stored after it began, however late it is read, and can be gone on with in every stream', async () => {
    await using mesh = await TestMesh.open();
    publish(mesh, 'defend.auth', 3);
    await mesh.connection.flush();
    const filters = ['defend.>', 'mitigation.>'];
    for (const start of [{ kind: 'new' }, { kind: 'time', timeMs: Date.now() + 3_600_000 }] as const) {
      const signal = new AbortController().signal;
      const follower = await followStreams(mesh.connection, { filters, start, signal, isLive: false });
      const after = (follower.after.get('DEFEND') ?? 0) + 1;
      publish(mesh, 'defend.auth', 2);
      publish(mesh, 'mitigation.supervisor.self', 1);
      await mesh.connection.flush();
      const told: StoredMessage[] = [];
      for await (const message of follower) {
        told.push(message);
      }
      expect(sequences(told.filter(({ stream }) => stream === 'DEFEND'))).toEqual([after, after + 1]);
      expect(told).toHaveLength(3);
      const again = await history(mesh, { filters, start: { kind: 'after', sequences: follower.after } });
      expect(again).toHaveLength(3);
    }
  });

  it('goes on where it was when nats-server was killed and came back', async () => {
    await using mesh = await TestMesh.open();
    await using parts = new MeshParts(mesh.nats.url);
    await using following = await live(mesh, { filters: ['mitigation.>'], start: { kind: 'new' } });
    const say = (count: number) =>
      Promise.all(
        upTo(count).map(() =>
          parts.publisher.publish(events.selfMitigation, { app: 'supervisor' }, { what: 'tested', reason: '' }),
        ),
      );
    await say(300);
    await waitFor(() => following.told.length === 300, { description: 'the first 300', timeoutMs: 5_000 });
    await mesh.nats.kill();
    const published = say(300); // said while nobody listens: acknowledged after the restart
    await mesh.nats.restart();
    await published;
    await say(300);
    await waitFor(() => following.told.length >= 900, { description: 'all 900', timeoutMs: 30_000 });
    expect(sequences(following.told)).toEqual(upTo(900));
  }, 60_000);

  it('ends when it is told to, also while nats-server is away', async () => {
    await using mesh = await TestMesh.open();
    const following = await live(mesh, { filters: ['defend.>'], start: fromTheFirst });
    await mesh.nats.kill();
    await following[Symbol.asyncDispose]();
    expect(following.told).toEqual([]);
  }, 20_000);
});

it('shows bare telemetry with the id, the time and the trace that its handler sees', async () => {
  await using mesh = await TestMesh.open();
  const handled: ForgeEvent[] = [];
  @Controller()
  class Handler {
    @OnBatch(events.telemetry)
    async handle(batch: readonly ForgeEvent[]): Promise<void> {
      handled.push(...batch);
    }
  }
  await mesh.run('sentinelcore', { controllers: [Handler] });
  publish(mesh, 'defend.auth', 20);
  await waitFor(() => handled.length === 20, { description: 'the events' });
  const told = (await history(mesh, { filters: ['defend.>'], start: fromTheFirst })).map(decodeEvent);
  const marks = (all: readonly ForgeEvent[]) => all.map(({ id, timeMs, trace }) => [id, timeMs, trace.traceId]);
  expect(marks(told)).toEqual(marks(handled));
});

/** How many subscriptions the client holds; the library tells it nowhere else. */
function subscriptionsOf(mesh: TestMesh): number {
  const { protocol } = mesh.connection as unknown as {
    readonly protocol: { readonly subscriptions: { size(): number } };
  };
  return protocol.subscriptions.size();
}
