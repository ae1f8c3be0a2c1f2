import { headers } from '@nats-io/transport-node';
import { Inject, Injectable } from '@nestjs/common';
import {
  type DataOf,
  type EncodedEvent,
  type EventDefinition,
  encodeEvent,
  ForgeError,
  type ForgeEvent,
  isAppName,
  messageOf,
  newTrace,
  type ParamsOf,
  type StreamName,
  sourceOf,
  type TraceContext,
} from '@sentinel-forge/contracts';
import { MeshConnection } from '../connection/mesh-connection.js';
import { within } from '../deadline/within.js';
import { MessagingOptions } from '../messaging.options.js';
import { currentTrace, randomHex } from '../trace/current-trace.js';
import { AckInbox, type Acknowledgement } from './ack-inbox.js';
import { Refusals } from './refusals.js';
import { Semaphore } from './semaphore.js';

/** What may be said of an event beside its data. */
export interface PublishOptions {
  /** The id of the event, and so what makes it a duplicate of another. Random when nothing better is given. */
  readonly id?: string;
  /** The trace it belongs to; without it, the one that the running code belongs to, or a new one. */
  readonly trace?: TraceContext;
  /** When it happened; now, when not given. */
  readonly timeMs?: number;
  /** How long to try before the failure is the caller's; 30 s when not given. */
  readonly timeoutMs?: number;
}

/** What the server said: the event is in the stream. */
export interface Published {
  readonly id: string;
  readonly sequence: number;
  /** The same id was stored before: this time nothing was. */
  readonly isDuplicate: boolean;
  readonly trace: TraceContext;
}

const maxInFlight = 2_048;
const ackTimeoutMs = 5_000;
const retryPauseMs = 100;

/**
 * Says events. A promise that resolves means that JetStream holds the event; one that rejects means that it may or may
 * not, and that saying it again with the same id is safe. At most {@link maxInFlight} are unacknowledged at once: who
 * publishes faster than the server stores waits.
 */
@Injectable()
export class EventPublisher {
  readonly #inFlight = new Semaphore(maxInFlight);
  readonly #refusals = new Refusals(() => performance.now());
  #inbox: AckInbox | undefined;

  constructor(
    @Inject(MeshConnection) private readonly connection: MeshConnection,
    @Inject(MessagingOptions) private readonly options: MessagingOptions,
  ) {}

  /**
   * @throws ForgeError `FORGE_EVENT_INVALID`, `FORGE_EVENT_TOO_LARGE`: the event breaks its contract, nothing was sent;
   *   `FORGE_NATS_PUBLISH`: no acknowledgement within the time.
   */
  async publish<Row extends EventDefinition>(
    definition: Row,
    params: ParamsOf<Row>,
    data: DataOf<Row>,
    options: PublishOptions = {},
  ): Promise<Published> {
    const subject = definition.pattern.build(params as Readonly<Record<string, string>>);
    const trace = options.trace ?? currentTrace() ?? newTrace(randomHex);
    const id = options.id ?? randomHex(16);
    const encoded = encodeEvent({
      definition,
      id,
      source: isAppName(this.options.app) ? sourceOf(this.options.app) : this.options.app,
      timeMs: options.timeMs ?? Date.now(),
      data,
      trace,
    });
    return { id, ...(await this.#send(definition.stream, subject, encoded, options.timeoutMs ?? 30_000)), trace };
  }

  /** Which streams take nothing at the moment, though the server answers, and why; undefined when all do. */
  get trouble(): string | undefined {
    return this.#refusals.describe();
  }

  async #send(stream: StreamName, subject: string, encoded: EncodedEvent, timeoutMs: number): Promise<Acknowledgement> {
    // Not the wall clock: one that is set must neither cut a try short nor make it last for an hour.
    const deadlineMs = performance.now() + timeoutMs;
    const messageHeaders = headers();
    messageHeaders.append('Nats-Msg-Id', encoded.id);
    for (const [name, value] of Object.entries(encoded.headers)) {
      messageHeaders.append(name, value);
    }
    const message = { subject, payload: encoded.payload, headers: messageHeaders };
    if (!(await this.#inFlight.acquire(timeoutMs))) {
      throw notAcknowledged(subject, new Error(`${maxInFlight} events before it are waiting too`));
    }
    try {
      for (;;) {
        try {
          const inbox = await this.#openInbox(deadlineMs - performance.now());
          const timeoutLeftMs = Math.max(1, deadlineMs - performance.now());
          const acknowledgement = await inbox.publish(message, Math.min(ackTimeoutMs, timeoutLeftMs));
          this.#refusals.note(stream, undefined);
          return acknowledgement;
        } catch (error) {
          if (this.connection.state.isConnected) {
            this.#refusals.note(stream, messageOf(error));
          }
          if (this.connection.closed.aborted || performance.now() + retryPauseMs >= deadlineMs) {
            throw notAcknowledged(subject, error);
          }
          await new Promise((resolve) => setTimeout(resolve, retryPauseMs));
        }
      }
    } finally {
      this.#inFlight.release();
    }
  }

  // Nothing is handed to the client library while there is no server: it would keep each try, without bound, for nobody.
  async #openInbox(timeoutMs: number): Promise<AckInbox> {
    if (this.#inbox === undefined) {
      await within(this.connection.whenConnected(), timeoutMs);
      this.#inbox = new AckInbox(this.connection.current, this.connection.inboxPrefix);
    }
    const { state } = this.connection;
    if (!state.isConnected) {
      throw new ForgeError('FORGE_NATS_UNAVAILABLE', `NATS: ${state.reason}`);
    }
    return this.#inbox;
  }
}

function notAcknowledged(subject: string, cause: unknown): ForgeError {
  return new ForgeError('FORGE_NATS_PUBLISH', `JetStream did not acknowledge an event on ${subject}`, { cause });
}

/** The next hop of the trace of an event, for what is said because of it. */
export function traceAfter(event: ForgeEvent): TraceContext {
  return { traceId: event.trace.traceId, spanId: randomHex(8) };
}
