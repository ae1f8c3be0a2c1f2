import { BlockList, isIPv6 } from 'node:net';

/** Whether an address belongs to one of these subnets (CIDR), of either family. */
export function isInside(address: string, subnets: readonly string[]): boolean {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [base = '', prefix] = subnet.split('/');
    list.addSubnet(base, Number(prefix), isIPv6(base) ? 'ipv6' : 'ipv4');
  }
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
