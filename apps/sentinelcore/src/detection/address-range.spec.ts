import { BlockList, isIPv4 } from 'node:net';
import fc from 'fast-check';
import { addressRanges, problemOfRange } from './address-range.js';

describe('an address range', () => {
  it.each([
    ['10.0.0.0/8', '10.255.1.2', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['fc00::/7', 'fd12::1', true],
    ['fc00::/7', '2001:db8::1', false],
    ['::1', '::1', true],
    ['10.0.0.0/8', 'no address', false],
    ['10.0.0.0/8', '', false],
  ])('%s and %s', (range, address, isIn) => {
    expect(problemOfRange(range)).toBeUndefined();
    expect(addressRanges([range])(address)).toBe(isIn);
  });

  it('is one of several', () => {
    const isPrivate = addressRanges(['10.0.0.0/8', '192.168.0.0/16', 'fc00::/7']);
    expect(['10.1.1.1', '192.168.9.9', 'fc00::1', '8.8.8.8'].map(isPrivate)).toEqual([true, true, true, false]);
  });

  it('holds the same IPv4 addresses as the list of the platform, however they and it are written', () => {
    const address = fc.ipV4();
    const prefix = fc.integer({ min: 0, max: 32 });
    const nearly = fc.stringMatching(/^[0-9]{1,4}(\.[0-9]{0,4}){2,4}$/);
    fc.assert(
      fc.property(address, prefix, fc.oneof(address, nearly), (base, bits, text) => {
        const list = new BlockList();
        list.addSubnet(base, bits, 'ipv4');
        expect(addressRanges([`${base}/${bits}`])(text)).toBe(isIPv4(text) && list.check(text));
      }),
    );
  });

  it.each(['10.0.0.0/33', '10.0.0/8', '::1/129', '10.0.0.0/', '10.0.0.0/-1', '/8', 'localhost', '10.0.0.0/8/8'])(
    'is refused as "%s"',
    (range) => {
      expect(problemOfRange(range)).toBeDefined();
    },
  );
});
