import { type ConnectionOptions, nkeyAuthenticator } from '@nats-io/transport-node';

/** How one proves to a nats-server who one is, and how the server proves it to us. */
export interface NatsCredentials {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** The seed of user keys (`SU…`); goes before user and password. */
  readonly nkeySeed?: string | undefined;
  /** The certificates that the server's must come from, in PEM form. Given: the connection is encrypted, or there is none. */
  readonly ca?: string | undefined;
}

/** What the client library is told. A server named `tls://…` must encrypt, whoever signed its certificate. */
export function connectionOptionsOf(
  servers: readonly string[],
  { user, password, nkeySeed, ca }: NatsCredentials,
): ConnectionOptions {
  const isEncrypted = ca !== undefined || servers.some((server) => server.startsWith('tls://'));
  return {
    servers: [...servers],
    ...(nkeySeed === undefined
      ? { ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { pass: password }) }
      : { authenticator: nkeyAuthenticator(new TextEncoder().encode(nkeySeed.trim())) }),
    ...(isEncrypted ? { tls: ca === undefined ? {} : { ca } } : {}),
  };
}
