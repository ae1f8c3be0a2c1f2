import { connect } from '@nats-io/transport-node';
import { Arrivals, NatsTestServer } from '@sentinel-forge/testing';
import { ServiceBroker } from 'moleculer';
import { BenchProcess } from '../processes/bench-process.js';
import { samplesOf } from './samples.js';

type NatsConnection = Awaited<ReturnType<typeof connect>>;
/** Writes a sample as the peer does, to the subject on which the peer listens. */
type Wire = (index: number, data: object) => { readonly subject: string; readonly payload: string };

const flushEvery = 500;

/** How many events a second Nest's NATS transport hands to a handler. */
export function nestRate(count: number, seed: number): Promise<number> {
  return rateOf('nest-receiver', count, seed, async () => (_, data) => ({
    subject: 'peer.telemetry',
    payload: JSON.stringify({ pattern: 'peer.telemetry', data }),
  }));
}

/** How many events a second moleculer hands to a handler. */
export function moleculerRate(count: number, seed: number): Promise<number> {
  return rateOf('moleculer-receiver', count, seed, learnMoleculerWire);
}

// The sender is as lean as it can be: the peers are measured by how fast they receive, not by how fast they send.
async function rateOf(
  receiver: string,
  count: number,
  seed: number,
  learnWire: (url: string, connection: NatsConnection) => Promise<Wire>,
): Promise<number> {
  await using nats = await NatsTestServer.start();
  const connection = await connect({ servers: nats.url });
  await using peer = new BenchProcess(receiver, { url: nats.url, count });
  await peer.line((line) => line === 'ready', `${receiver} to be ready`);
  const wire = await learnWire(nats.url, connection);
  let index = 0;
  for (const { data } of samplesOf(count, 100, seed)) {
    const { subject, payload } = wire(index, data);
    connection.publish(subject, payload);
    index += 1;
    if (index % flushEvery === 0) {
      await connection.flush();
    }
  }
  const told = await peer.line((line) => line.startsWith('{'), `${receiver} to have received everything`);
  await connection.close();
  return (JSON.parse(told) as { readonly rate: number }).rate;
}

// What one real sender puts on the wire, with other data in it.
async function learnMoleculerWire(url: string, connection: NatsConnection): Promise<Wire> {
  const sent = new Arrivals<{ readonly subject: string; readonly packet: object }>();
  const subscription = connection.subscribe('MOL.EVENT.receiver', {
    callback: (_, message) => sent.add({ subject: message.subject, packet: message.json<object>() }),
  });
  const sender = new ServiceBroker({
    nodeID: 'sender',
    transporter: { type: 'NATS', options: { url } },
    logger: false,
  });
  await sender.start();
  await sender.waitForServices('telemetry', 10_000);
  await sender.emit('peer.telemetry', {});
  const [first] = await sent.until((all) => all.length > 0, 'an event of moleculer');
  subscription.unsubscribe();
  await sender.stop();
  return (index, data) => ({
    subject: first?.subject ?? '',
    payload: JSON.stringify({ ...first?.packet, id: `bench-${index}`, data }),
  });
}
