import { connect, type NatsConnection } from '@nats-io/transport-node';
import { ForgeError, messageOf } from '@sentinel-forge/contracts';
import { inboxPrefixOf } from '../permissions/permissions.js';
import type { ToolName } from '../permissions/users.js';
import { connectionOptionsOf, type NatsCredentials } from './credentials.js';

/** How a tool, which unlike a service does not outlive its server, reaches NATS. */
export interface ClientOptions extends NatsCredentials {
  readonly name: string;
  /** As whom: it decides on the inbox. A user by name and password has an inbox of that name. */
  readonly role?: ToolName;
  readonly servers: readonly string[];
  readonly timeoutMs?: number;
}

/**
 * Connects once, and says what is wrong when that fails.
 * @throws ForgeError `FORGE_NATS_UNAVAILABLE`
 */
export async function connectClient(options: ClientOptions): Promise<NatsConnection> {
  const { name, role = 'operator', servers, user, timeoutMs = 5_000 } = options;
  try {
    return await connect({
      ...connectionOptionsOf(servers, options),
      name,
      timeout: timeoutMs,
      inboxPrefix: user === undefined ? inboxPrefixOf(role, '') : `_INBOX_${user}`,
    });
  } catch (error) {
    const { problem, mend } = explain(error);
    throw new ForgeError('FORGE_NATS_UNAVAILABLE', `${problem} ${servers.join(', ')}: ${messageOf(error)}`, {
      cause: error,
      ...(mend === undefined ? {} : { details: { mend } }),
    });
  }
}

/** What stands in the way, and what would help where it is not plain. */
function explain(error: unknown): { readonly problem: string; readonly mend?: string } {
  const reason = messageOf(error);
  if (/authori[sz]ation|authentication/i.test(reason)) {
    return {
      problem: 'Not let in by',
      mend: 'check NATS_NKEY_SEED, or NATS_USER and NATS_PASSWORD, against the accounts of the server',
    };
  }
  if (/certificate|self-signed|altname|issuer/i.test(reason)) {
    return {
      problem: 'No trust in',
      mend: 'have NATS_CA_FILE name the certificates that the one of the server comes from, and NATS_URL the name it was made for',
    };
  }
  return { problem: 'No nats-server answers at' };
}
