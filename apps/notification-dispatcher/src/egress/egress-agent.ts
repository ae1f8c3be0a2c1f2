import { type LookupAddress, type LookupAllOptions, type LookupOptions, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { bareAddress, type EgressPolicy, egressRefused } from './egress-policy.service.js';
import { openTunnel } from './proxy-tunnel.js';

/** How a name becomes addresses; the system's resolver unless told otherwise. */
export type Resolve = (
  host: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** What the agent may be told. */
export interface EgressAgentOptions {
  readonly connectTimeoutMs: number;
  readonly resolve?: Resolve;
  /** An HTTP proxy that every connection goes through. */
  readonly proxy?: URL;
}

/**
 * An HTTP agent that connects to nothing the policy refuses. The check stands inside the lookup of the connection itself:
 * the addresses that were judged are the ones the socket gets, so that a name which resolves differently a moment later
 * (DNS rebinding) gains nothing. Literal addresses never reach a lookup, and are judged before.
 *
 * Behind a proxy it is the proxy that resolves names, and its allow-list that judges where they lead; a name that can only
 * be an inside one is refused here.
 *
 * One agent for each policy: its pool of open connections must not be shared with a stricter one.
 */
export function egressAgent(policy: EgressPolicy, options: EgressAgentOptions): Agent {
  const { proxy } = options;
  return new Agent({
    connect: proxy === undefined ? directly(policy, options) : throughProxy(policy, proxy, options),
    pipelining: 1,
    connections: 16,
    keepAliveTimeout: 10_000,
  });
}

type Connector = ReturnType<typeof buildConnector>;

function directly(policy: EgressPolicy, options: EgressAgentOptions): Connector {
  const common = { timeout: options.connectTimeoutMs, allowH2: false } as const;
  const open = buildConnector(common);
  const guarded = buildConnector({ ...common, lookup: guardedLookup(policy, options.resolve ?? systemLookup) });
  return (target, callback) => {
    if (policy.allowsHost(target.hostname, portOfTarget(target))) {
      return open(target, callback);
    }
    const literal = bareAddress(target.hostname);
    const refusal = literal === undefined ? undefined : policy.refusalOf(literal);
    return refusal === undefined
      ? guarded(target, callback)
      : queueMicrotask(() => callback(egressRefused(target.hostname, refusal), null));
  };
}

function throughProxy(policy: EgressPolicy, proxy: URL, { connectTimeoutMs }: EgressAgentOptions): Connector {
  const startTls = buildConnector({ timeout: connectTimeoutMs, allowH2: false });
  return (target, callback) => {
    const { hostname: host } = target;
    const port = portOfTarget(target);
    const literal = bareAddress(host);
    const refusal = literal === undefined ? policy.refusalOfName(host) : policy.refusalOf(literal);
    if (refusal !== undefined && !policy.allowsHost(host, port)) {
      queueMicrotask(() => callback(egressRefused(host, refusal), null));
      return;
    }
    openTunnel(proxy, { host, port }, { timeoutMs: connectTimeoutMs }).then(
      (socket) =>
        target.protocol === 'https:' ? startTls({ ...target, httpSocket: socket }, callback) : callback(null, socket),
      (error: Error) => callback(error, null),
    );
  };
}

function portOfTarget({ port, protocol }: { readonly port: string; readonly protocol: string }): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80);
}

function guardedLookup(policy: EgressPolicy, resolve: Resolve): LookupFunction {
  return (host, options: LookupOptions, callback) => {
    resolve(host, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      const allowed = found.filter(({ address }) => policy.refusalOf(address) === undefined);
      const [first] = allowed;
      if (first === undefined) {
        callback(egressRefused(host, policy.refusalOf(found[0]?.address ?? '') ?? 'it has no address'), '', 0);
      } else if (options.all === true) {
        callback(null, allowed);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
}
