import { request } from 'node:http';
import type { Socket } from 'node:net';
import { ForgeError } from '@sentinel-forge/contracts';

/** Where a tunnel is to end. */
export interface TunnelEnd {
  /** A name, which the proxy resolves, or an address. */
  readonly host: string;
  readonly port: number;
}

/** How long what stands in the way of a tunnel may take. */
export interface TunnelOptions {
  readonly timeoutMs: number;
}

/**
 * Opens a connection through an HTTP proxy (`CONNECT`, RFC 9110 section 9.3.6): a socket that speaks with the other end.
 *
 * Fails with `FORGE_NOTIFY_EGRESS`, which no retry can help, when the proxy refuses (403, 405, 407); with the system's or a
 * retryable error when the proxy or the other end is not there.
 */
export function openTunnel(proxy: URL, { host, port }: TunnelEnd, { timeoutMs }: TunnelOptions): Promise<Socket> {
  const authority = `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const connecting = request({
    host: proxy.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: proxy.port === '' ? 80 : Number(proxy.port),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority },
    agent: false,
    signal: AbortSignal.timeout(timeoutMs),
  });
  connecting.once('connect', ({ statusCode = 0 }, socket, head) => {
    if (statusCode === 200) {
      socket.unshift(head); // whoever greets first, as an SMTP server does, may have spoken already
      resolve(socket as Socket);
    } else {
      socket.destroy();
      reject(refusal(authority, statusCode));
    }
  });
  connecting.once('error', reject);
  connecting.end();
  return promise;
}

function refusal(authority: string, status: number): Error {
  if ([403, 405, 407].includes(status)) {
    return new ForgeError(
      'FORGE_NOTIFY_EGRESS',
      `${authority} was not contacted: the proxy refuses it (${status}). If mail or webhooks are to go there, add it to the proxy's allow-list`,
    );
  }
  return Object.assign(new Error(`the proxy could not reach ${authority}: ${status}`), { code: `PROXY_${status}` });
}
