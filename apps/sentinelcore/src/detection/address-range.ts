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
  for (const range of ranges) {
    const { address, family, prefix } = partsOf(range);
    list.addSubnet(address, Number(prefix), family ?? 'ipv4');
  }
  return (address) => {
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
