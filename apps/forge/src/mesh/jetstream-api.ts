import { ForgeError, messageOf, type StreamName } from '@sentinel-forge/contracts';
import type { NatsConnection } from './mesh-client.js';

/** What a stream holds. */
export interface StreamFigures {
  readonly messages: number;
  readonly bytes: number;
  /** Messages by subject. */
  readonly subjects: Readonly<Record<string, number>>;
  /** The server's clock when it answered. */
  readonly serverTimeMs: number;
}

/** How far a durable consumer is. */
export interface ConsumerFigures {
  readonly stream: string;
  readonly name: string;
  /** Not delivered yet. */
  readonly pending: number;
  /** Delivered, and not acknowledged yet. */
  readonly unacknowledged: number;
  readonly redelivered: number;
}

interface StreamAnswer {
  readonly state: {
    readonly messages: number;
    readonly bytes: number;
    readonly subjects?: Readonly<Record<string, number>>;
  };
  readonly ts: string;
}

interface ConsumersAnswer {
  readonly total: number;
  readonly consumers?: ReadonlyArray<{
    readonly stream_name: string;
    readonly name: string;
    readonly num_pending: number;
    readonly num_ack_pending: number;
    readonly num_redelivered: number;
  }>;
}

interface ErrorAnswer {
  readonly error?: { readonly code: number; readonly description: string };
}

const timeoutMs = 5_000;

/** Reads what a stream holds. */
export async function readStream(connection: NatsConnection, stream: StreamName): Promise<StreamFigures> {
  const { state, ts } = await ask<StreamAnswer>(connection, `STREAM.INFO.${stream}`, { subjects_filter: '>' });
  return {
    messages: state.messages,
    bytes: state.bytes,
    subjects: state.subjects ?? {},
    serverTimeMs: Date.parse(ts),
  };
}

/** Reads how far every consumer of a stream is. */
export async function readConsumers(
  connection: NatsConnection,
  stream: StreamName,
): Promise<readonly ConsumerFigures[]> {
  const figures: ConsumerFigures[] = [];
  for (;;) {
    const { consumers = [], total } = await ask<ConsumersAnswer>(connection, `CONSUMER.LIST.${stream}`, {
      offset: figures.length,
    });
    figures.push(
      ...consumers.map((consumer) => ({
        stream: consumer.stream_name,
        name: consumer.name,
        pending: consumer.num_pending,
        unacknowledged: consumer.num_ack_pending,
        redelivered: consumer.num_redelivered,
      })),
    );
    if (consumers.length === 0 || figures.length >= total) {
      return figures;
    }
  }
}

// The JetStream API on the wire (https://docs.nats.io/reference/reference-protocols/nats_api_reference), read only.
async function ask<Answer>(connection: NatsConnection, call: string, body: object): Promise<Answer> {
  const message = await connection
    .request(`$JS.API.${call}`, JSON.stringify(body), { timeout: timeoutMs })
    .catch((error: unknown) => {
      throw new ForgeError('FORGE_NATS_UNAVAILABLE', `JetStream does not answer (${messageOf(error)})`, {
        cause: error,
      });
    });
  const answer = message.json<Answer & ErrorAnswer>();
  if (answer.error !== undefined) {
    throw new ForgeError('FORGE_NATS_TOPOLOGY', `${call}: ${answer.error.description}`);
  }
  return answer;
}
