import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ForgeError, Log, messageOf } from '@sentinel-forge/contracts';
import { rest } from '../deadline/rest.js';
import { MessagingOptions } from '../messaging.options.js';
import { inboxPrefixOf } from '../permissions/permissions.js';
import { connectionOptionsOf } from './credentials.js';

/** Whether NATS answers; `reason` says what is wrong when it does not. */
export interface ConnectionState {
  readonly isConnected: boolean;
  readonly reason: string;
}

const reconnectBaseMs = 100;
const reconnectCapMs = 5_000;

/**
 * The connection of one service to NATS. It is tried for ever, with jitter, from the first time on: a service starts
 * before its server, and outlives it.
 */
@Injectable()
export class MeshConnection implements OnModuleInit {
  #connection: NatsConnection | undefined;
  #state: ConnectionState = { isConnected: false, reason: 'not connected yet' };
  #isClosing = false;
  #failures = 0;
  readonly #connected = Promise.withResolvers<NatsConnection>();
  readonly #closed = new AbortController();
  readonly #reconnectListeners = new Set<() => void>();

  constructor(
    @Inject(MessagingOptions) private readonly options: MessagingOptions,
    @Inject(Log) private readonly log: Log,
  ) {
    this.#connected.promise.catch(() => undefined); // who waits for it hears of it; nobody may be waiting
  }

  onModuleInit(): void {
    void this.#connectForEver();
  }

  /**
   * Finishes what is buffered, then closes. Nothing can be published afterwards, so whoever made the application calls it
   * last: Nest's own hook for it (`onModuleDestroy`) comes before the handlers have drained.
   */
  async close(): Promise<void> {
    if (this.#isClosing) {
      return;
    }
    this.#isClosing = true;
    this.#closed.abort();
    this.#connected.reject(new ForgeError('FORGE_NATS_UNAVAILABLE', 'The service is shutting down'));
    const connection = this.#connection;
    if (connection === undefined || connection.isClosed()) {
      return;
    }
    // A drain waits for the server; one that is away must not hold the process.
    await (this.#state.isConnected ? connection.drain() : connection.close()).catch(() => connection.close());
  }

  /** Whether NATS answers at the moment. */
  get state(): ConnectionState {
    return this.#state;
  }

  /** Every app has inboxes of its own, which nobody else may read. */
  get inboxPrefix(): string {
    return inboxPrefixOf(this.options.app, this.options.host);
  }

  /** Aborted when the connection is closed for good. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** The connection, as soon as there is one. Rejects only when the service shuts down. */
  whenConnected(): Promise<NatsConnection> {
    return this.#connected.promise;
  }

  /** The connection now. Throws `FORGE_NATS_UNAVAILABLE` before the first one stands. */
  get current(): NatsConnection {
    if (this.#connection === undefined) {
      throw new ForgeError('FORGE_NATS_UNAVAILABLE', `NATS: ${this.#state.reason}`);
    }
    return this.#connection;
  }

  /** Calls back after every reconnect: what was in flight before may be lost. */
  onReconnect(listener: () => void): () => void {
    this.#reconnectListeners.add(listener);
    return () => this.#reconnectListeners.delete(listener);
  }

  async #connectForEver(): Promise<void> {
    const { app, servers, credentials = {} } = this.options;
    while (!this.#isClosing) {
      try {
        const connection = await connect({
          ...connectionOptionsOf(servers, credentials),
          name: app,
          inboxPrefix: this.inboxPrefix,
          maxReconnectAttempts: -1,
          reconnectDelayHandler: () => this.#nextDelayMs(),
          // Credentials may be rotated under us: a refusal is a reason to try again, not to give up.
          ignoreAuthErrorAbort: true,
          pingInterval: 5_000,
          maxPingOut: 2,
        });
        this.#adopt(connection);
        return;
      } catch (error) {
        this.#setDown(messageOf(error));
        await rest(this.#nextDelayMs(), this.#closed.signal);
      }
    }
  }

  #adopt(connection: NatsConnection): void {
    if (this.#isClosing) {
      void connection.close();
      return;
    }
    this.#connection = connection;
    this.#setUp('nats.connected');
    this.#connected.resolve(connection);
    void this.#watch(connection);
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') {
        this.#setDown('the connection broke');
      } else if (status.type === 'reconnect') {
        this.#setUp('nats.reconnected');
        for (const listener of this.#reconnectListeners) {
          listener();
        }
      } else if (status.type === 'error') {
        this.log.warn('nats.error', { error: status.error });
      }
    }
  }

  #setUp(evt: string): void {
    this.#failures = 0;
    this.#state = { isConnected: true, reason: '' };
    this.log.info(evt, { server: this.#connection?.getServer() });
  }

  #setDown(reason: string): void {
    if (this.#state.isConnected || this.#state.reason !== reason) {
      this.log.warn('nats.unavailable', { reason });
    }
    this.#state = { isConnected: false, reason };
  }

  // Full jitter: a mesh that lost its server must not come back to it in step.
  #nextDelayMs(): number {
    this.#failures += 1;
    return Math.random() * Math.min(reconnectCapMs, reconnectBaseMs * 2 ** Math.min(this.#failures, 10));
  }
}
