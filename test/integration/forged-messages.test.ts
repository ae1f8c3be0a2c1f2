import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Controller } from '@nestjs/common';
import { type Class, events, type ForgeEvent, type MitigationRequested } from '@sentinel-forge/contracts';
import {
  accountsConfig,
  connectClient,
  listDeadLetters,
  OnEvent,
  provision,
  type RecordStore,
  refuseBlocked,
} from '@sentinel-forge/messaging';
import { NatsTestServer, waitFor } from '@sentinel-forge/testing';
import { IsInt } from 'class-validator';
import { withInsider } from '../support/insider.js';
import { MeshParts } from '../support/mesh-parts.js';
import { TestMesh } from '../support/test-mesh.js';

const hosts = ['test-host'];
const password = (name: string): string => `password-of-${name}`;
const as = (user: string) => ({ user, password: password(user) });

class Counter {
  readonly count!: number;
}
IsInt()(Counter.prototype, 'count');

/** What comes of a message that got where it does not belong, by whatever way: the last line, behind the accounts. */
describe('what somebody else wrote in the name of an app', () => {
  let nats: NatsTestServer;
  let insider: NatsConnection;

  beforeAll(async () => {
    const identities = ({ name }: { readonly name: string }): readonly string[] => [
      `user: ${JSON.stringify(name)}, password: ${JSON.stringify(password(name))}`,
    ];
    nats = await NatsTestServer.start({
      config: withInsider(accountsConfig({ hosts, identities, anonymous: 'none' })),
    });
    const deployer = await connectClient({ name: 'test', role: 'deployer', servers: [nats.url], ...as('deployer') });
    refuseBlocked(await provision(deployer, { replicas: 1, hosts }));
    await deployer.close();
    insider = await connect({ servers: nats.url, user: 'insider', pass: 'insider' });
  });

  afterAll(async () => {
    await insider?.close();
    await nats?.[Symbol.asyncDispose]();
  });

  it('a record is put right by its owner, and no reader is ever told of it', async () => {
    await using owner = new MeshParts(nats.url, 'supervisor', as('supervisor'));
    await using reader = new MeshParts(nats.url, 'sentinelcore', as('sentinelcore'));
    const open = ({ stores }: MeshParts): RecordStore<Counter> => stores.open('mitigations', Counter as Class<Counter>);
    const told: unknown[] = [];
    const ended = new AbortController();
    const own = open(owner);
    await own.create('m-1', { count: 1 });
    await own.follow(
      '*',
      () => undefined,
      ended.signal,
      () => ({ count: 1 }),
    );
    await open(reader).follow('*', ({ value }) => void told.push(value), ended.signal);
    await insider.request('$KV.mitigations.m-1', '{"stream":"MITIGATION","seq":1}');
    await waitFor(() => owner.log.of('record.put-right').length === 1, { description: 'the record to be put right' });
    expect((await open(reader).get('m-1'))?.value).toEqual({ count: 1 });
    await waitFor(() => told.length >= 2, { description: 'the reader to hear of it' });
    expect(told).toEqual([{ count: 1 }, { count: 1 }]);
    await expect(open(reader).put('m-1', { count: 9 })).rejects.toThrow(/Permissions Violation/);
    ended.abort();
  });

  it('an event has nothing done: what is no event of its sender is a dead letter', async () => {
    const handled: unknown[] = [];
    @Controller()
    class Handler {
      @OnEvent(events.mitigationRequested)
      async handle(event: ForgeEvent<MitigationRequested>): Promise<void> {
        handled.push(event);
      }
    }
    await using mesh = await TestMesh.open();
    await mesh.run('supervisor', { controllers: [Handler] });
    const reply = 'mitigation.sentinelcore.requested.test-host';
    mesh.connection.publish('mitigation.task-registry.self', '{}', { reply });
    await waitFor(
      async () => {
        for await (const { app, event } of listDeadLetters(mesh.connection)) {
          if (app === 'supervisor') {
            return event.data.cause === 'invalid';
          }
        }
        return false;
      },
      { description: 'the dead letter' },
    );
    expect(handled).toEqual([]);
  });
});
