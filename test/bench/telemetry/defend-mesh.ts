import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AckPolicy, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { headers } from '@nats-io/transport-node';
import { encodeEvent, events, newTrace } from '@sentinel-forge/contracts';
import { connectClient, provision, refuseBlocked } from '@sentinel-forge/messaging';
import { NatsTestServer, waitFor } from '@sentinel-forge/testing';
import { seededRandom } from '../../support/seeded-random.js';
import { ServiceProcess } from '../../support/service-process.js';
import { testSecret } from '../../support/tokens.js';
import { hundredRules } from './rules.js';
import { containerNames, type Sample, samplesOf } from './samples.js';

type NatsConnection = Awaited<ReturnType<typeof connectClient>>;

/** How telemetry is written: a JSON object and nothing else, or a CloudEvent in binary mode. */
export type Form = 'bare' | 'enveloped';

export const host = 'bench-host';
const flushEvery = 500;
const mostAhead = 5_000;
const lookEveryMs = 10;
const stuckAfterMs = 120_000;
/** How much of a stream is read before the clock starts: by then what is measured has been compiled. */
const warmUpShare = 0.25;

/** A provisioned nats-server of its own, with JetStream on disk, an inventory, and rules for sentinelcore. */
export class DefendMesh implements AsyncDisposable {
  private constructor(
    readonly nats: NatsTestServer,
    readonly connection: NatsConnection,
    private readonly folder: string,
  ) {}

  static async open(): Promise<DefendMesh> {
    const nats = await NatsTestServer.start();
    const connection = await connectClient({ name: 'bench', servers: [nats.url] });
    refuseBlocked(await provision(connection, { replicas: 1, hosts: [host] }));
    const folder = await mkdtemp(join(tmpdir(), 'forge-bench-'));
    await writeFile(join(folder, 'rules.yaml'), hundredRules());
    const inventory = await new Kvm(connection).open('inventory');
    await Promise.all(
      containerNames.map((name, index) => {
        const id = index.toString(16).padStart(64, '0');
        return inventory.put(`${host}.${id}`, JSON.stringify({ host, id, name, state: 'running', labels: {} }));
      }),
    );
    return new DefendMesh(nats, connection, folder);
  }

  /** Stores so many samples, and checks that the server has them all. */
  async fill(form: Form, count: number, every: number, seed: number): Promise<void> {
    const publish = publisherOf(this.connection, form, seed);
    const jsm = await jetstreamManager(this.connection);
    // The server drops what comes much faster than it stores, where nobody awaits acknowledgements.
    const isStored = (atLeast: number): Promise<unknown> =>
      waitFor(async () => (await jsm.streams.info('DEFEND')).state.messages >= atLeast, {
        description: `${atLeast} events to be stored`,
        timeoutMs: 30_000,
        intervalMs: 1,
      });
    let published = 0;
    for (const sample of samplesOf(count, every, seed)) {
      publish(sample);
      published += 1;
      if (published % flushEvery === 0) {
        await isStored(published - mostAhead);
      }
    }
    await isStored(count);
  }

  /** A durable consumer on all telemetry beside sentinelcore's. */
  async addConsumer(name: string, acks: 'all' | 'each'): Promise<void> {
    const jsm = await jetstreamManager(this.connection);
    await jsm.consumers.add('DEFEND', {
      durable_name: name,
      ack_policy: acks === 'all' ? AckPolicy.All : AckPolicy.Explicit,
      ack_wait: 60e9,
      max_ack_pending: 20_000,
    });
  }

  /** sentinelcore as it is deployed: a process of its own. */
  async startSentinelcore(environment: Readonly<Record<string, string>>): Promise<ServiceProcess> {
    return ServiceProcess.start('sentinelcore', {
      NATS_URL: this.nats.url,
      FORGE_JWT_SECRET: testSecret,
      FORGE_HOST: host,
      FORGE_DATA_DIR: this.folder,
      SENTINELCORE_RULES: join(this.folder, 'rules.yaml'),
      ...environment,
    });
  }

  /**
   * How many messages a second a consumer gets through, up to `count`: from outside, by what the server holds for acknowledged, so that it
   * is the same for whoever reads. The first quarter does not count.
   */
  async rateOf(consumer: string, count: number): Promise<number> {
    const jsm = await jetstreamManager(this.connection);
    const deadlineMs = performance.now() + stuckAfterMs;
    let begin: { readonly atMs: number; readonly done: number } | undefined;
    for (;;) {
      const done = (await jsm.consumers.info('DEFEND', consumer)).ack_floor.stream_seq;
      const atMs = performance.now();
      if (begin !== undefined && done >= count) {
        return ((done - begin.done) * 1000) / (atMs - begin.atMs);
      }
      if (begin === undefined && done >= count * warmUpShare) {
        begin = { atMs, done };
      }
      if (atMs > deadlineMs) {
        throw new Error(`${consumer} got through ${done} of ${count} events in ${stuckAfterMs} ms`);
      }
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close();
    await this.nats[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Publishes samples in a form, without waiting for the server. */
export function publisherOf(connection: NatsConnection, form: Form, seed: number): (sample: Sample) => void {
  const random = seededRandom(seed);
  const randomHex = (bytes: number): string =>
    Array.from({ length: bytes }, () =>
      Math.floor(random() * 256)
        .toString(16)
        .padStart(2, '0'),
    ).join('');
  return form === 'bare'
    ? ({ signal, data }) => connection.publish(`defend.${signal}`, JSON.stringify(data))
    : ({ id, signal, data }) => {
        const encoded = encodeEvent({
          definition: events.telemetry,
          id,
          source: data.source,
          timeMs: Date.now(),
          data,
          trace: newTrace(randomHex),
        });
        const messageHeaders = headers();
        for (const [name, value] of Object.entries(encoded.headers)) {
          messageHeaders.set(name, value);
        }
        messageHeaders.set('Nats-Msg-Id', encoded.id);
        connection.publish(`defend.${signal}`, encoded.payload, { headers: messageHeaders });
      };
}
