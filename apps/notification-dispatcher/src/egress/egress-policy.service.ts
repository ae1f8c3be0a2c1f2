import { ForgeError } from '@sentinel-forge/contracts';
import ipaddr from 'ipaddr.js';

/** Where outgoing requests may go. Everything on the public internet, and inside only what is allowed by name. */
export interface EgressPolicy {
  /** Whether the operator named this host, so that whatever it resolves to is allowed. */
  allowsHost(host: string, port: number): boolean;
  /** Why an address is refused, or undefined when it may be connected to. */
  refusalOf(address: string): string | undefined;
  /** The same for a name that somebody else will resolve: whether it can be one of the public internet at all. */
  refusalOfName(name: string): string | undefined;
}

type Network = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * Reads an allow-list. An entry is a network (`10.1.0.0/16`), an address, a host (`hooks.internal`), or a host with its port
 * (`hooks.internal:8443`). Throws `FORGE_CONFIG_INVALID` for anything else.
 */
export function egressPolicy(entries: readonly string[]): EgressPolicy {
  const hosts = new Set<string>();
  const networks: Network[] = [];
  for (const entry of entries) {
    const network = networkOf(entry);
    if (network === undefined) {
      hosts.add(hostEntry(entry));
    } else {
      networks.push(network);
    }
  }
  return {
    allowsHost: (host, port) => hosts.has(canonicalHost(host)) || hosts.has(`${canonicalHost(host)}:${port}`),
    refusalOf: (address) => refusalOf(address, networks),
    refusalOfName: (name) =>
      isInsideName(canonicalHost(name)) ? `${name} is no name of the public internet` : undefined,
  };
}

/**
 * The URL of a receiver, checked as far as that goes without resolving its name. Throws `FORGE_NOTIFY_EGRESS`; the message
 * holds host and reason only: path, query and user may be secrets.
 */
export function checkUrl(text: string, policy: EgressPolicy): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ForgeError('FORGE_NOTIFY_RECIPIENT', 'A webhook is sent to an absolute http:// or https:// URL');
  }
  if (url.username !== '' || url.password !== '') {
    throw new ForgeError(
      'FORGE_NOTIFY_RECIPIENT',
      `The URL for ${url.host} carries a user or password; webhooks are authenticated by their signature, leave them out`,
    );
  }
  const literal = bareAddress(url.hostname);
  const refusal =
    literal === undefined || policy.allowsHost(url.hostname, portOf(url)) ? undefined : policy.refusalOf(literal);
  if (refusal !== undefined) {
    throw egressRefused(url.host, refusal);
  }
  return url;
}

/** The error of a refused connection. */
export function egressRefused(host: string, refusal: string): ForgeError {
  return new ForgeError(
    'FORGE_NOTIFY_EGRESS',
    `${host} was not contacted: ${refusal}. If the receiver really stands inside, add it to NOTIFY_EGRESS_ALLOW`,
  );
}

/** The port of a URL, the scheme's own where it names none. */
export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

/** A literal address without the brackets of IPv6, or undefined for a name. */
export function bareAddress(host: string): string | undefined {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  return ipaddr.isValid(bare) ? bare : undefined;
}

/** Global unicast IPv6; everything else, such as `::7f00:1` or `4000::`, has no business on the internet. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

function refusalOf(text: string, allowed: readonly Network[]): string | undefined {
  if (!ipaddr.isValid(text)) {
    return `"${text}" is not an address`;
  }
  // For the allow-list, ::ffff:10.0.0.1 is 10.0.0.1; without an entry it stays refused like every disguise.
  const plain = ipaddr.process(text);
  if (allowed.some((network) => contains(network, plain))) {
    return undefined;
  }
  const address = ipaddr.parse(text);
  const range = address.range();
  const isGlobal = range === 'unicast' && (address instanceof ipaddr.IPv4 || contains(globalUnicast, address));
  return isGlobal ? undefined : `${text} is no public address (${range})`;
}

/** Without a dot, or under a name that is reserved for the inside (RFC 6761, 6762 and 8375, and ICANN's `internal`). */
function isInsideName(name: string): boolean {
  return !name.includes('.') || /\.(?:localhost|local|internal|home\.arpa|invalid|test)$/.test(name);
}

function contains([network, prefix]: Network, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return network.kind() === address.kind() && address.match(network, prefix);
}

function networkOf(entry: string): Network | undefined {
  const text = entry.trim();
  const address = bareAddress(text);
  if (address !== undefined) {
    const parsed = ipaddr.process(address);
    return [parsed, parsed.kind() === 'ipv4' ? 32 : 128];
  }
  if (!text.includes('/')) {
    return undefined;
  }
  if (!ipaddr.isValidCIDR(text)) {
    throw new ForgeError('FORGE_CONFIG_INVALID', `"${text}" is not a network such as 10.1.0.0/16`);
  }
  return ipaddr.parseCIDR(text);
}

function hostEntry(entry: string): string {
  const match = /^(?<host>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])(?<port>:\d{1,5})?$/i.exec(entry.trim());
  if (match?.groups?.host === undefined) {
    throw new ForgeError('FORGE_CONFIG_INVALID', `"${entry}" is no host, host:port, address or network`);
  }
  return `${canonicalHost(match.groups.host)}${match.groups.port ?? ''}`;
}

function canonicalHost(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}
