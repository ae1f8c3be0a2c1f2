import { createTransport } from 'nodemailer';
import { openTunnel, type TunnelEnd } from '../egress/proxy-tunnel.js';

/** An SMTP server, and how it is spoken to. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte on. */
  readonly isSecure: boolean;
  /** Nothing is said without TLS and a valid certificate. */
  readonly mustEncrypt: boolean;
  readonly auth?: { readonly user: string; readonly pass: string };
  readonly maxConnections: number;
  readonly timeoutMs: number;
}

/** A pool of connections to one server. */
export type SmtpTransport = ReturnType<typeof smtpTransport>;

/** Makes the pool; it connects when something is sent, through the proxy where there is one. */
export function smtpTransport(server: SmtpServer, proxy?: URL) {
  const { host, port, isSecure, mustEncrypt, auth, maxConnections, timeoutMs } = server;
  const connectTimeoutMs = Math.min(10_000, timeoutMs);
  return createTransport({
    pool: true,
    host,
    port,
    secure: isSecure,
    requireTLS: mustEncrypt,
    // Where it is not required, STARTTLS is taken if it is offered, and its certificate is not judged (RFC 7435): who could
    // forge that could as well have hidden the offer.
    tls: { rejectUnauthorized: mustEncrypt },
    ...(auth === undefined ? {} : { auth }),
    maxConnections,
    // The outbox tries again, with the breaker and the clock in view. The pool never does so behind its back.
    maxRequeues: 0,
    idleTimeout: 30_000,
    dnsTimeout: Math.min(5000, timeoutMs),
    connectionTimeout: connectTimeoutMs,
    greetingTimeout: connectTimeoutMs,
    socketTimeout: timeoutMs,
    ...(proxy === undefined ? {} : { getSocket: tunnelledSocket(proxy, { host, port }, connectTimeoutMs) }),
  });
}

type GetSocket = (options: object, callback: (error: Error | null, opened: unknown) => void) => void;

/** What the mail library asks for a connection that it shall not open itself. */
function tunnelledSocket(proxy: URL, end: TunnelEnd, timeoutMs: number): GetSocket {
  return (_options, callback) => {
    openTunnel(proxy, end, { timeoutMs }).then(
      (connection) => callback(null, { connection }),
      (error: Error) => callback(error, undefined),
    );
  };
}
