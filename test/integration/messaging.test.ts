import { setTimeout as delay } from 'node:timers/promises';
import { headers as natsHeaders } from '@nats-io/transport-node';
import { Controller, Inject } from '@nestjs/common';
import {
  type DeadLetter,
  events,
  ForgeError,
  type ForgeEvent,
  type MitigationTransition,
  type NotifyRequested,
  requests,
  type Telemetry,
} from '@sentinel-forge/contracts';
import {
  EventPublisher,
  getDeadLetter,
  listDeadLetters,
  OnBatch,
  OnEvent,
  requestApp,
} from '@sentinel-forge/messaging';
import { waitFor } from '@sentinel-forge/testing';
import { TestMesh } from '../support/test-mesh.js';
import { testToken } from '../support/tokens.js';

const transition: MitigationTransition = {
  mitigationId: `m-${'0'.repeat(32)}`,
  action: 'notify',
  reason: 'a test',
  actor: 'test',
};

async function deadLettersOf(mesh: TestMesh): Promise<readonly DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const letter of listDeadLetters(mesh.connection)) {
    letters.push(letter.event.data);
  }
  return letters;
}

describe('handling events one by one', () => {
  it('delivers again when the handler rejects, and settles when it is done', async () => {
    await using mesh = await TestMesh.open();
    const tries: number[] = [];
    @Controller()
    class Handler {
      constructor(@Inject(EventPublisher) readonly publisher: EventPublisher) {}
      @OnEvent(events.selfMitigation)
      async handle(event: ForgeEvent<{ what: string }>): Promise<void> {
        tries.push(Date.now());
        if (tries.length < 3) {
          throw new Error('the database is away');
        }
        expect(event.data.what).toBe('tested');
      }
    }
    await mesh.run('notification-dispatcher', { controllers: [Handler] });
    mesh.connection.publish('mitigation.log-indexer.self', JSON.stringify({ what: 'tested', reason: 'a test' }), {
      headers: cloudEvent('forge.mitigation.self.v1', '/log-indexer', 'one'),
    });
    await waitFor(() => tries.length === 3, { description: 'three tries' });
    const info = await waitForSettled(mesh, 'MITIGATION');
    expect(info).toEqual({ pending: 0, unacknowledged: 0 });
    expect(await deadLettersOf(mesh)).toEqual([]);
  });

  it('puts what the handler refuses for good into the dead letters with its cause, and handles it again when asked', async () => {
    await using mesh = await TestMesh.open();
    const handled: string[] = [];
    let isMended = false;
    @Controller()
    class Handler {
      @OnEvent(events.mitigationApplied)
      async handle(event: ForgeEvent<MitigationTransition>): Promise<void> {
        if (!isMended) {
          throw new ForgeError('FORGE_HTTP_REFUSED', 'not while the rule is broken');
        }
        handled.push(event.id);
      }
    }
    await mesh.run('notification-dispatcher', { controllers: [Handler] });
    mesh.connection.publish('mitigation.supervisor.applied', JSON.stringify(transition), {
      headers: cloudEvent('forge.mitigation.applied.v1', '/supervisor', 'event-1'),
    });
    const [letter] = await waitFor(
      async () => {
        const letters = await deadLettersOf(mesh);
        return letters.length === 1 && letters;
      },
      { description: 'a dead letter' },
    );
    expect(letter).toMatchObject({
      cause: 'rejected',
      code: 'FORGE_HTTP_REFUSED',
      reason: 'not while the rule is broken',
      subject: 'mitigation.supervisor.applied',
      deliveries: 1,
    });

    const replay = async () =>
      requestApp(
        mesh.connection,
        requests.replayDeadLetter,
        'notification-dispatcher',
        { sequence: 1 },
        { token: await testToken() },
      );
    await expect(replay()).rejects.toMatchObject({ code: 'FORGE_HTTP_REFUSED' });
    expect((await getDeadLetter(mesh.connection, 1)).sequence).toBe(1);
    isMended = true;
    await expect(replay()).resolves.toMatchObject({ sequence: 1, subject: 'mitigation.supervisor.applied' });
    expect(handled).toEqual(['event-1']);
    expect(await deadLettersOf(mesh)).toEqual([]);
    await expect(replay()).rejects.toMatchObject({ code: 'FORGE_DEAD_LETTER_UNKNOWN' });
  });

  it('refuses an event whose source does not own its subject', async () => {
    await using mesh = await TestMesh.open();
    const handled: string[] = [];
    @Controller()
    class Handler {
      @OnEvent(events.mitigationApplied)
      async handle(event: ForgeEvent<MitigationTransition>): Promise<void> {
        handled.push(event.id);
      }
    }
    await mesh.run('notification-dispatcher', { controllers: [Handler] });
    mesh.connection.publish('mitigation.supervisor.applied', JSON.stringify(transition), {
      headers: cloudEvent('forge.mitigation.applied.v1', '/sentinelcore', 'forged'),
    });
    const letters = await waitFor(
      async () => {
        const found = await deadLettersOf(mesh);
        return found.length === 1 && found;
      },
      { description: 'a dead letter' },
    );
    expect(letters[0]).toMatchObject({ cause: 'invalid', code: 'FORGE_EVENT_FORGED' });
    expect(handled).toEqual([]);
  });

  it('dead-letters also what is as large as a message can be, with the most hostile headers', async () => {
    await using mesh = await TestMesh.open();
    await mesh.run('notification-dispatcher', {});
    const hostile = cloudEvent('forge.notify.requested.v1', '/notification-dispatcher', 'hostile');
    for (let index = 0; index < 7; index += 1) {
      hostile.set(`h${index}`, '\u0001'.repeat(8_100)); // as JSON every one of these takes six bytes
    }
    const payload = Buffer.alloc(450_000, 'x');
    mesh.connection.publish('notify.requested', payload, { headers: hostile });
    const [letter] = await waitFor(
      async () => {
        const letters = await deadLettersOf(mesh);
        return letters.length === 1 && letters;
      },
      { description: 'a dead letter' },
    );
    expect(letter).toMatchObject({ cause: 'invalid', code: 'FORGE_EVENT_TOO_LARGE' });
    expect(Buffer.from(letter?.payload ?? '', 'base64').equals(payload)).toBe(true);
    expect(letter?.headers).toMatchObject({ 'ce-id': ['hostile'] });
  });

  it('holds up no other message while one rests before its next try', async () => {
    await using mesh = await TestMesh.open();
    const handled: string[] = [];
    @Controller()
    class Handler {
      @OnEvent(events.notifyRequested)
      async handle(event: ForgeEvent<NotifyRequested>): Promise<void> {
        if (event.data.title === 'slow' && handled.length < 20) {
          throw new Error('not yet');
        }
        handled.push(event.data.title);
      }
    }
    await mesh.run('notification-dispatcher', { controllers: [Handler] });
    for (const [index, title] of ['slow', ...Array.from({ length: 20 }, (_, i) => `quick-${i}`)].entries()) {
      mesh.connection.publish('notify.requested', JSON.stringify({ title, body: '' }), {
        headers: cloudEvent('forge.notify.requested.v1', '/notification-dispatcher', `n-${index}`),
      });
    }
    await waitFor(() => handled.length === 21, { description: 'all 21' });
    expect(handled.at(-1)).toBe('slow');
  });
});

describe('what is on its way to a reader', () => {
  it('is bounded in bytes, with the headers counted', async () => {
    await using mesh = await TestMesh.open();
    const hold = Promise.withResolvers<void>();
    @Controller()
    class Handler {
      @OnBatch(events.telemetry)
      async handle(_batch: readonly ForgeEvent<Telemetry>[]): Promise<void> {
        await hold.promise;
      }
    }
    const bulky = natsHeaders();
    bulky.set('bulk', 'x'.repeat(60_000));
    for (let index = 0; index < 1_200; index += 1) {
      mesh.connection.publish('defend.x', JSON.stringify({ source: 'bulky' }), { headers: bulky });
    }
    await mesh.connection.flush();
    await mesh.run('sentinelcore', { controllers: [Handler] });
    // At rest: nothing is asked for and nothing more has come, ten looks in a row.
    const looks: number[] = [];
    const held = await waitFor(
      async () => {
        const info = await mesh.connection.request('$JS.API.CONSUMER.INFO.DEFEND.sentinelcore');
        const { num_ack_pending: now = 0, num_waiting: asking } = info.json<Record<string, number>>();
        looks.push(asking === 0 ? now : 0);
        return now > 0 && looks.slice(-10).filter((look) => look === now).length === 10 && now;
      },
      { description: 'a reader that asks for no more', intervalMs: 100, timeoutMs: 20_000 },
    );
    expect(held * 60_000).toBeLessThan(48 * 1024 * 1024);
    hold.resolve();
  }, 60_000);
});

describe('handling events in batches', () => {
  it('dead-letters what breaks its contract, with the field named, and handles the rest', async () => {
    await using mesh = await TestMesh.open();
    const seen: string[] = [];
    @Controller()
    class Handler {
      @OnBatch(events.telemetry)
      async handle(batch: readonly ForgeEvent<Telemetry>[]): Promise<void> {
        seen.push(...batch.map((event) => event.data.source));
      }
    }
    await mesh.run('sentinelcore', { controllers: [Handler] });
    mesh.connection.publish('defend.auth', JSON.stringify({ source: 'one' }));
    mesh.connection.publish('defend.auth', JSON.stringify({ source: 'two', severity: 11, target: { container: 7 } }));
    mesh.connection.publish('defend.auth', 'no json');
    mesh.connection.publish('defend.auth', JSON.stringify({ source: 'three' }));
    await waitFor(() => seen.length === 2, { description: 'both valid ones' });
    const letters = await waitFor(
      async () => {
        const found = await deadLettersOf(mesh);
        return found.length === 2 && found;
      },
      { description: 'two dead letters' },
    );
    expect(seen).toEqual(['one', 'three']);
    expect(letters[0]?.reason).toContain('severity must be at most 10');
    expect(letters[0]?.reason).toContain('target.container must be of type string');
    expect(letters[1]?.reason).toBe('the payload is not JSON in UTF-8');

    const mended = { sequence: 1, payload: JSON.stringify({ source: 'two-mended', severity: 10 }) };
    await requestApp(mesh.connection, requests.replayDeadLetter, 'sentinelcore', mended, { token: await testToken() });
    expect(seen).toEqual(['one', 'three', 'two-mended']);
  });

  it('hands over what is valid in the order of the stream, also where invalid ones lie between', async () => {
    await using mesh = await TestMesh.open();
    const seen: string[] = [];
    @Controller()
    class Handler {
      @OnBatch(events.telemetry)
      async handle(batch: readonly ForgeEvent<Telemetry>[]): Promise<void> {
        seen.push(...batch.map((event) => event.data.source));
      }
    }
    const sources = Array.from({ length: 3_000 }, (_, index) => `s-${index}`);
    for (const [index, source] of sources.entries()) {
      mesh.connection.publish('defend.x', JSON.stringify({ source: index % 1_700 === 0 ? 7 : source }));
    }
    await mesh.connection.flush();
    await mesh.run('sentinelcore', { controllers: [Handler] });
    await waitFor(async () => (await deadLettersOf(mesh)).length === 2, { description: 'the invalid ones' });
    await waitFor(() => seen.length >= 2_998, { description: 'the others' });
    expect(seen).toEqual(sources.filter((_, index) => index % 1_700 !== 0));
  });

  it('narrows a permanent failure down to the message that causes it', async () => {
    await using mesh = await TestMesh.open();
    const seen = new Set<string>();
    @Controller()
    class Handler {
      @OnBatch(events.telemetry)
      async handle(batch: readonly ForgeEvent<Telemetry>[]): Promise<void> {
        if (batch.some((event) => event.data.source === 'poison')) {
          throw new ForgeError('FORGE_HTTP_REFUSED', 'poison');
        }
        for (const event of batch) {
          seen.add(event.data.source);
        }
      }
    }
    for (const source of ['a', 'b', 'poison', 'c']) {
      mesh.connection.publish('defend.x', JSON.stringify({ source }));
    }
    await mesh.connection.flush();
    await mesh.run('sentinelcore', { controllers: [Handler] });
    await waitFor(() => seen.size === 3, { description: 'the other three' });
    await waitFor(async () => (await deadLettersOf(mesh)).length === 1, { description: 'one dead letter' });
    expect([...seen]).toEqual(['a', 'b', 'c']);
  });

  it('hands over the next batch while one is being made durable, and acknowledges none before it', async () => {
    await using mesh = await TestMesh.open();
    const first = Promise.withResolvers<void>();
    const handled: string[] = [];
    @Controller()
    class Handler {
      @OnBatch(events.telemetry)
      async handle(batch: readonly ForgeEvent<Telemetry>[]): Promise<void> {
        handled.push(...batch.map((event) => event.data.source));
        await (handled.length === 1 ? first.promise : undefined);
      }
    }
    await mesh.run('sentinelcore', { controllers: [Handler] });
    const ackFloor = async (): Promise<number> => {
      const reply = await mesh.connection.request('$JS.API.CONSUMER.INFO.DEFEND.sentinelcore');
      return reply.json<{ readonly ack_floor: { readonly stream_seq: number } }>().ack_floor.stream_seq;
    };
    mesh.connection.publish('defend.x', JSON.stringify({ source: 'one' }));
    await waitFor(() => handled.length === 1, { description: 'the first' });
    mesh.connection.publish('defend.x', JSON.stringify({ source: 'two' }));
    await waitFor(() => handled.length === 2, { description: 'the second, while the first is not durable yet' });
    // Telemetry that comes after both: by then an acknowledgement of the second would have been given.
    mesh.connection.publish('defend.x', JSON.stringify({ source: 'three' }));
    await waitFor(() => handled.length === 3, { description: 'the third' });
    expect(await ackFloor()).toBe(0);
    first.resolve();
    await waitFor(async () => (await ackFloor()) === 3, { description: 'all three acknowledged' });
  });

  it('loses nothing when nats-server is killed and comes back', async () => {
    await using mesh = await TestMesh.open();
    const seen = new Set<string>();
    @Controller()
    class Handler {
      @OnBatch(events.telemetry)
      async handle(batch: readonly ForgeEvent<Telemetry>[]): Promise<void> {
        await delay(1); // a disk
        for (const event of batch) {
          seen.add(event.data.source);
        }
      }
    }
    const service = await mesh.run('sentinelcore', { controllers: [Handler] });
    for (let index = 0; index < 3_000; index += 1) {
      mesh.connection.publish('defend.x', JSON.stringify({ source: `s-${index}` }));
    }
    await mesh.connection.flush();
    await waitFor(() => seen.size > 0, { description: 'a first batch' });
    await mesh.nats.kill();
    await mesh.nats.restart();
    await waitFor(() => seen.size === 3_000, { description: 'all 3,000', timeoutMs: 20_000 });
    await waitFor(() => service.readiness().status === 'up', { description: 'readiness', timeoutMs: 20_000 });
  }, 60_000);
});

function cloudEvent(type: string, source: string, id: string): ReturnType<typeof natsHeaders> {
  const made = natsHeaders();
  for (const [name, value] of Object.entries({
    'ce-specversion': '1.0',
    'ce-id': id,
    'ce-type': type,
    'ce-source': source,
  })) {
    made.set(name, value);
  }
  return made;
}

async function waitForSettled(mesh: TestMesh, stream: string): Promise<{ pending: number; unacknowledged: number }> {
  return waitFor(
    async () => {
      const reply = await mesh.connection.request(`$JS.API.CONSUMER.INFO.${stream}.notification-dispatcher`);
      const { num_pending: pending, num_ack_pending: unacknowledged } = reply.json<{
        num_pending: number;
        num_ack_pending: number;
      }>();
      return pending === 0 && unacknowledged === 0 && { pending, unacknowledged };
    },
    { description: 'everything acknowledged' },
  );
}
