import { randomUUID } from 'node:crypto';
import {
  events,
  ForgeError,
  formatTraceparent,
  messageOf,
  type Telemetry,
  type TraceContext,
  validatorFor,
} from '@sentinel-forge/contracts';
import type { NatsConnection } from '../mesh/mesh-client.js';

/** Where telemetry was stored. */
export interface SentTelemetry {
  readonly traceId: string;
  readonly id: string;
  readonly subject: string;
  readonly stream: string;
  readonly sequence: number;
}

interface PubAck {
  readonly stream?: string;
  readonly seq?: number;
  readonly error?: { readonly description: string };
}

const timeoutMs = 5_000;

/**
 * Publishes telemetry as a CloudEvent (structured mode), and waits until it is stored.
 * @throws ForgeError `FORGE_EVENT_INVALID`: nothing was sent; `FORGE_NATS_PUBLISH`: it may or may not be stored
 */
export async function sendTelemetry(
  connection: NatsConnection,
  signal: string,
  data: Telemetry,
  trace: TraceContext,
  id: string = randomUUID(),
): Promise<SentTelemetry> {
  const definition = events.telemetry;
  validatorFor(definition.dataClass).parse(data);
  const subject = definition.pattern.build({ signal });
  const event = {
    specversion: '1.0',
    id,
    source: data.source,
    type: definition.type,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    traceparent: formatTraceparent(trace),
    data,
  };
  try {
    const answer = await connection.request(subject, JSON.stringify(event), { timeout: timeoutMs });
    const { stream = '', seq = 0, error } = answer.json<PubAck>();
    if (error !== undefined) {
      throw new Error(error.description);
    }
    return { traceId: trace.traceId, id, subject, stream, sequence: seq };
  } catch (error) {
    throw new ForgeError('FORGE_NATS_PUBLISH', `JetStream did not store the event on ${subject}: ${messageOf(error)}`, {
      cause: error,
      details: { mend: `send it again with --id ${id}, so that it counts as the same event` },
    });
  }
}
