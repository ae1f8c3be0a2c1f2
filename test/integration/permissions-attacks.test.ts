import { jetstreamManager } from '@nats-io/jetstream';
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
import { MeshParts } from '../support/mesh-parts.js';
import { TestMesh } from '../support/test-mesh.js';

const hosts = ['test-host'];
const password = (name: string): string => `password-of-${name}`;
const as = (user: string) => ({ user, password: password(user) });

class Counter {
  readonly count!: number;
}
IsInt()(Counter.prototype, 'count');

/**
 * Whoever may publish to a captured subject can have the server publish an acknowledgement to any reply subject: no permission
 * of NATS is asked about those. This is what it comes to.
 */
describe('an app that has the server answer in its place', () => {
  let nats: NatsTestServer;
  let attacker: NatsConnection;

  beforeAll(async () => {
    const identities = ({ name }: { readonly name: string }): readonly string[] => [
      `user: ${JSON.stringify(name)}, password: ${JSON.stringify(password(name))}`,
    ];
    nats = await NatsTestServer.start({ config: accountsConfig({ hosts, identities, anonymous: 'none' }) });
    const deployer = await connectClient({ name: 'test', role: 'deployer', servers: [nats.url], ...as('deployer') });
    refuseBlocked(await provision(deployer, { replicas: 1, hosts }));
    await deployer.close();
    const { user, password: pass } = as('task-registry');
    attacker = await connect({ servers: nats.url, user, pass, inboxPrefix: '_INBOX_task-registry' });
  });

  afterAll(async () => {
    await attacker?.close();
    await nats?.[Symbol.asyncDispose]();
  });

  const operator = () => connectClient({ name: 'test', servers: [nats.url], ...as('operator') });

  /** What the attacker may say, with a reply subject that it may not publish on; the server answers there with a PubAck. */
  async function attack(reply: string): Promise<void> {
    attacker.publish('mitigation.task-registry.self', '{}', { reply });
    await attacker.flush();
  }

  it('spoils no record for good: the owner puts it right, and no reader is ever told of it', async () => {
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
    await attack('$KV.mitigations.m-1');
    await waitFor(() => owner.log.of('record.put-right').length === 1, { description: 'the record to be put right' });
    expect((await open(reader).get('m-1'))?.value).toEqual({ count: 1 });
    await waitFor(() => told.length >= 2, { description: 'the reader to hear of it' });
    expect(told).toEqual([{ count: 1 }, { count: 1 }]);
    await expect(open(reader).put('m-1', { count: 9 })).rejects.toThrow(/Permissions Violation/);
    ended.abort();
  });

  it('has nothing done: what is no event of its sender is a dead letter', async () => {
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

  it('acknowledges nothing that another one has not handled, and changes no stream', async () => {
    const tool = await operator();
    const jsm = await jetstreamManager(tool, { checkAPI: false });
    for (let count = 0; count < 3; count += 1) {
      tool.publish('defend.auth', JSON.stringify({ source: 'test' }));
    }
    await tool.flush();
    const before = await waitFor(
      async () => {
        const info = await jsm.consumers.info('DEFEND', 'sentinelcore');
        return info.num_pending === 3 ? info : undefined;
      },
      { description: 'three events' },
    );
    await attack('$JS.ACK.DEFEND.sentinelcore.1.3.3.1.0');
    await attack('$JS.API.STREAM.PURGE.DEFEND');
    await attack('$JS.API.CONSUMER.DELETE.DEFEND.sentinelcore');
    await attack('$JS.API.CONSUMER.RESET.DEFEND.sentinelcore');
    // What is asked now is answered after all of that.
    const after = await jsm.consumers.info('DEFEND', 'sentinelcore');
    expect([after.ack_floor, after.num_pending, after.created]).toEqual([
      before.ack_floor,
      before.num_pending,
      before.created,
    ]);
    expect((await jsm.streams.info('DEFEND')).state.messages).toBe(3);
    await tool.close();
  });
});
