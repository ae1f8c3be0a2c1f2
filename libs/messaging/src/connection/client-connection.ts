import { connect, type NatsConnection } from '@nats-io/transport-node';
import { ForgeError, messageOf } from '@sentinel-forge/contracts';

/** How a tool, which unlike a service does not outlive its server, reaches NATS. */
export interface ClientOptions {
  readonly name: string;
  readonly servers: readonly string[];
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly timeoutMs?: number;
}

/**
 * Connects once, and says what is wrong when that fails.
 * @throws ForgeError `FORGE_NATS_UNAVAILABLE`
 */
export async function connectClient(options: ClientOptions): Promise<NatsConnection> {
  const { name, servers, user, password, timeoutMs = 5_000 } = options;
  try {
    return await connect({
      name,
      servers: [...servers],
      timeout: timeoutMs,
      ...(user === undefined ? {} : { user, inboxPrefix: `_INBOX_${user}` }),
      ...(password === undefined ? {} : { pass: password }),
    });
  } catch (error) {
    throw new ForgeError(
      'FORGE_NATS_UNAVAILABLE',
      `No nats-server answers at ${servers.join(', ')}: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}
