import { Inject, Injectable } from '@nestjs/common';
import { Readiness, type RunningService } from '@sentinel-forge/chassis';
import { decodeEvent, type ForgeEvent, type ServiceHealth } from '@sentinel-forge/contracts';
import { followStreams } from '@sentinel-forge/messaging';
import { waitFor } from '@sentinel-forge/testing';
import { TestMesh } from '../support/test-mesh.js';

/** Something that a service depends upon, at the test's pleasure. */
@Injectable()
class Engine {
  static reason: string | undefined;

  /** How often the service has looked. */
  static looks = 0;

  constructor(@Inject(Readiness) readiness: Readiness) {
    readiness.add('engine', () => {
      Engine.looks += 1;
      return Engine.reason === undefined ? { isUp: true } : { isUp: false, reason: Engine.reason };
    });
  }
}

/** A state lasts until the service has looked so often that it would have told it again by now, if it ever did. */
async function manyLooks(): Promise<void> {
  const before = Engine.looks;
  await waitFor(() => Engine.looks > before + 8, { description: 'eight looks' });
}

async function openService() {
  const mesh = await TestMesh.open();
  Engine.reason = undefined;
  const told: ForgeEvent<ServiceHealth>[] = [];
  const ended = new AbortController();
  const following = (async () => {
    const options = {
      filters: ['health.service.>'],
      start: { kind: 'sequence', sequence: 1 },
      signal: ended.signal,
    } as const;
    for await (const message of await followStreams(mesh.connection, options)) {
      told.push(decodeEvent(message) as ForgeEvent<ServiceHealth>);
    }
  })();
  const service: RunningService = await mesh.run('supervisor', { providers: [Engine] });
  return {
    mesh,
    service,
    told,
    states: () => told.map(({ params }) => params.state),
    async [Symbol.asyncDispose]() {
      ended.abort();
      await following;
      await mesh[Symbol.asyncDispose]();
    },
  };
}

describe('the health of a service', () => {
  it('is told once for every change, with what is missing and why, and at last that it is down', async () => {
    await using open = await openService();
    await waitFor(() => open.states().includes('up'), { description: 'up' });
    await manyLooks();
    Engine.reason = 'the socket is gone';
    await waitFor(() => open.states().includes('degraded'), { description: 'degraded' });
    expect(open.told.at(-1)).toMatchObject({
      source: '/supervisor',
      data: {
        version: '0.0.0-test',
        reason: 'engine: the socket is gone',
        dependencies: expect.arrayContaining([
          { name: 'engine', isUp: false, reason: 'the socket is gone' },
          { name: 'nats', isUp: true },
        ]),
      },
    });
    Engine.reason = 'the socket is still gone'; // another wording is no other state
    await manyLooks();
    Engine.reason = undefined;
    await waitFor(() => open.states().at(-1) === 'up', { description: 'up again' });
    await manyLooks();
    await open.service.stop();
    await waitFor(() => open.states().at(-1) === 'down', { description: 'down' });
    expect(open.states()).toEqual(['up', 'degraded', 'up', 'down']);
    expect(new Set(open.told.map(({ data }) => data.instance)).size).toBe(1);
  }, 30_000);

  it('is told also when what is missing has more to say than an event may hold', async () => {
    await using open = await openService();
    Engine.reason = 'x'.repeat(5_000);
    const told = await waitFor(() => open.told.find(({ params }) => params.state === 'degraded'), {
      description: 'degraded',
    });
    expect(told.data.reason.length).toBe(1_024);
  });

  it('is not told anew for a nats-server that was away for a moment, and never the same twice in a row', async () => {
    await using open = await openService();
    await waitFor(() => open.states().includes('up'), { description: 'up' });
    await open.mesh.nats.kill();
    await open.mesh.nats.restart();
    await waitFor(() => open.service.readiness().status === 'up', { description: 'readiness', timeoutMs: 20_000 });
    await open.service.stop();
    await waitFor(() => open.states().at(-1) === 'down', { description: 'down', timeoutMs: 20_000 });
    const states = open.states();
    expect(states.filter((state, index) => state === states[index - 1])).toEqual([]);
  }, 60_000);
});
