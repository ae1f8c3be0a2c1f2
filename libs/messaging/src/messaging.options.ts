import type { AppName } from '@sentinel-forge/contracts';
import type { NatsCredentials } from './connection/credentials.js';

/** How a service reaches NATS, and who it is there. Provided by the chassis from the service's settings. */
export abstract class MessagingOptions {
  abstract readonly app: AppName;
  /** The version of the service, for discovery. */
  abstract readonly version: string;
  /** The Docker host that this process belongs to, as one subject token. */
  abstract readonly host: string;
  /** One or more `nats://host:port` or `tls://host:port`. */
  abstract readonly servers: readonly string[];
  abstract readonly credentials?: NatsCredentials | undefined;
}
