import { BlockList, isIP } from 'node:net';

type Family = 'ipv4' | 'ipv6';

/** Why a text is no address range such as `10.0.0.0/8`, `fd00::/8` or one single address; undefined when it is one. */
export function problemOfRange(range: string): string | undefined {
  const { address, family, bits, prefix } = partsOf(range);
  if (family === undefined) {
    return `"${address}" is no IP address`;
  }
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits
    ? undefined
    : `"/${prefix}" is no prefix of 0 to ${bits} bits`;
}

/**
 * A test for being in one of the ranges, which {@link problemOfRange} has accepted. An IPv4 address is recognised in its IPv6
 * form (`::ffff:10.0.0.1`) too; a text that is no address is in no range.
 */
export function addressRanges(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  const short: Ipv4Range[] = [];
  for (const range of ranges) {
    const { address, family, prefix } = partsOf(range);
    list.addSubnet(address, Number(prefix), family ?? 'ipv4');
    if (family === 'ipv4') {
      short.push(ipv4Range(address, Number(prefix)));
    }
  }
  const isOnlyShort = short.length === ranges.length;
  return (address) => {
    // Most addresses are IPv4, and 32 bits are compared many times faster than the list of the platform looks at a text.
    const bits = ipv4Bits(address);
    if (bits !== undefined) {
      const isFound = short.some((range) => (bits & range.mask) === range.base);
      if (isFound || isOnlyShort) {
        return isFound;
      }
    }
    const family = familyOf(address);
    return family !== undefined && list.check(address, family);
  };
}

function partsOf(range: string): { address: string; family: Family | undefined; bits: number; prefix: string } {
  const slash = range.indexOf('/');
  const address = slash < 0 ? range : range.slice(0, slash);
  const family = familyOf(address);
  const bits = family === 'ipv6' ? 128 : 32;
  return { address, family, bits, prefix: slash < 0 ? String(bits) : range.slice(slash + 1) };
}

function familyOf(address: string): Family | undefined {
  const version = isIP(address);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}

interface Ipv4Range {
  readonly base: number;
  readonly mask: number;
}

function ipv4Range(address: string, prefix: number): Ipv4Range {
  // A shift by 32 is one by 0 in JavaScript.
  const mask = prefix === 0 ? 0 : -1 << (32 - prefix);
  return { base: (ipv4Bits(address) ?? 0) & mask, mask };
}

const dot = 46;
const zero = 48;

/** The 32 bits of an IPv4 address, as a signed number; undefined for anything that `net.isIPv4` would refuse too. */
function ipv4Bits(text: string): number | undefined {
  let bits = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === dot && digits > 0 && dots < 3) {
      bits = (bits << 8) | octet;
      dots += 1;
      octet = 0;
      digits = 0;
    } else {
      octet = octet * 10 + code - zero;
      digits += 1;
      const isDigit = code >= zero && code < zero + 10;
      if (!isDigit || octet > 255 || (digits > 1 && octet < 10)) {
        return undefined;
      }
    }
  }
  return dots === 3 && digits > 0 ? (bits << 8) | octet : undefined;
}
