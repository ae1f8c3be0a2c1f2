import { createHmac } from 'node:crypto';
import { accountsConfig } from '@sentinel-forge/messaging';
import type { EmbeddedSecrets } from './data-directory.js';

/** What the configuration of an embedded nats-server is made from. */
export interface NatsConfigOptions {
  readonly port: number;
  readonly directory: string;
  readonly secrets: EmbeddedSecrets;
  /** The Docker host of the mesh. */
  readonly host: string;
}

/** What the server's configuration calls a port of the system's choice; its 0 means the usual one. */
const anyFreePort = -1;

/** The password of a user of the embedded server. */
export function embeddedPassword(user: string, secrets: EmbeddedSecrets): string {
  return user === 'operator'
    ? secrets.operatorPassword
    : createHmac('sha256', secrets.meshPassword).update(user).digest('base64url');
}

/**
 * The configuration of the embedded nats-server: the users and permissions of every mesh, and beside them a client without
 * credentials, which lands in EDGE: it may publish `defend.>` and subscribe to events, and nothing else.
 *
 * What JetStream keeps on disk is encrypted: telemetry may hold secrets that nobody could redact before it was stored.
 */
export function natsConfig({ port, directory, secrets, host }: NatsConfigOptions): string {
  const accounts = accountsConfig({
    hosts: [host],
    anonymous: 'edge',
    identities: ({ name }) => [
      `user: ${JSON.stringify(name)}, password: ${JSON.stringify(embeddedPassword(name, secrets))}`,
    ],
  });
  return `# Generated at every start; changes are lost.
server_name: "forge"
listen: "127.0.0.1:${port === 0 ? anyFreePort : port}"
ports_file_dir: ${JSON.stringify(directory)}
max_payload: 1MB
write_deadline: "10s"
jetstream {
  store_dir: ${JSON.stringify(`${directory}/store`)}
  max_buffered_msgs: 100000
  cipher: "aes"
  key: ${JSON.stringify(secrets.jetstreamKey)}
}
${accounts}`;
}
