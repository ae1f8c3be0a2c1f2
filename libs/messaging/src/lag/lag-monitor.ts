import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type ConsumerDefinition, Log, streams } from '@sentinel-forge/contracts';
import { Gauge, Registry } from 'prom-client';
import { MeshConnection } from '../connection/mesh-connection.js';
import { JetStreamStrategy } from '../consume/jetstream.strategy.js';
import { directPage } from '../tail/direct-page.js';
import { type Lag, lagOf } from './lag.js';

const everyMs = 10_000;

/** Watches how far the consumers of this service are behind. A consumer that is about to lose messages is an alarm. */
@Injectable()
export class LagMonitor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #lagging: Gauge<'stream' | 'consumer'>;
  readonly #lost: Gauge<'stream' | 'consumer'>;
  readonly #alarms = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(
    @Inject(MeshConnection) private readonly connection: MeshConnection,
    @Inject(JetStreamStrategy) private readonly strategy: JetStreamStrategy,
    @Inject(Log) private readonly log: Log,
    @Inject(Registry) registry: Registry,
  ) {
    const labelNames = ['stream', 'consumer'] as const;
    this.#lagging = new Gauge({
      name: 'forge_consumer_lag_messages',
      help: 'Messages of a stream that a consumer has not handled yet',
      labelNames,
      registers: [registry],
    });
    this.#lost = new Gauge({
      name: 'forge_consumer_lost_messages',
      help: 'Messages that a stream discarded before the consumer handled them',
      labelNames,
      registers: [registry],
    });
  }

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.tick(), everyMs);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  /** What is wrong now, one line for each consumer; empty when nothing is. */
  get alarms(): readonly string[] {
    return [...this.#alarms].map(([name, reason]) => `${name}: ${reason}`);
  }

  /** Looks once. Never rejects: a server that is away is told by the connection. */
  async tick(): Promise<void> {
    if (this.#isLooking || !this.connection.state.isConnected) {
      return;
    }
    this.#isLooking = true;
    try {
      const jsm = await jetstreamManager(await this.connection.whenConnected(), { checkAPI: false });
      for (const { definition } of this.strategy.consumers) {
        this.#note(definition, await lagOfConsumer(jsm, definition));
      }
    } catch (error) {
      this.log.debug('lag.unknown', { error });
    } finally {
      this.#isLooking = false;
    }
  }

  #note({ stream, name }: ConsumerDefinition, { messages, lost, risk }: Lag): void {
    this.#lagging.set({ stream, consumer: name }, messages);
    this.#lost.set({ stream, consumer: name }, lost);
    const key = `${stream}/${name}`;
    const alarm = lost > 0 ? `${lost} messages were discarded before they were handled` : risk;
    if (alarm === undefined) {
      this.#alarms.delete(key);
    } else {
      if (!this.#alarms.has(key)) {
        this.log.error('consumer.losing', { stream, consumer: name, reason: alarm });
      }
      this.#alarms.set(key, alarm);
    }
  }
}

async function lagOfConsumer(jsm: JetStreamManager, { stream, name, filters }: ConsumerDefinition): Promise<Lag> {
  const [consumer, { state }] = await Promise.all([jsm.consumers.info(stream, name), jsm.streams.info(stream)]);
  const ackFloor = consumer.ack_floor.stream_seq;
  const isBehind = consumer.num_pending + consumer.num_ack_pending > 0;
  const { maxBytes, maxAgeMs, subjects } = streams[stream];
  return lagOf({
    pending: consumer.num_pending,
    unacknowledged: consumer.num_ack_pending,
    ackFloor,
    isFiltered: filters.length > 0 && !filters.every((filter) => subjects.some((subject) => subject === filter)),
    firstSequence: state.first_seq,
    lastSequence: state.last_seq,
    bytes: state.bytes,
    maxBytes,
    maxAgeMs,
    oldestAgeMs: isBehind ? await ageOf(jsm, stream, ackFloor + 1) : 0,
  });
}

async function ageOf(jsm: JetStreamManager, stream: string, sequence: number): Promise<number> {
  const [message] = await directPage(jsm, stream, { seq: sequence, batch: 1 });
  return message === undefined ? 0 : Date.now() - message.time.getTime();
}
