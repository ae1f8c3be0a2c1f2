import fc from 'fast-check';
import { checkUrl, egressPolicy } from './egress-policy.service.js';

const nothingAllowed = egressPolicy([]);

describe('egress policy', () => {
  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback, IPv6', '::1'],
    ['private', '10.1.2.3'],
    ['private', '172.31.255.255'],
    ['private', '192.168.0.1'],
    ['unique local', 'fd12::1'],
    ['link-local, with the metadata service', '169.254.169.254'],
    ['link-local, IPv6', 'fe80::1'],
    ['site-local', 'fec0::1'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['multicast', '224.0.0.1'],
    ['multicast, IPv6', 'ff02::1'],
    ['unspecified', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['unspecified, IPv6', '::'],
    ['broadcast', '255.255.255.255'],
    ['reserved', '240.0.0.1'],
    ['benchmarking', '198.18.0.1'],
    ['documentation', '203.0.113.7'],
    ['documentation, IPv6', '2001:db8::1'],
    ['IPv4-mapped', '::ffff:10.0.0.1'],
    ['IPv4-mapped, public', '::ffff:8.8.8.8'],
    ['IPv4-compatible', '::7f00:1'],
    ['NAT64', '64:ff9b::a00:1'],
    ['NAT64, local use', '64:ff9b:1::a00:1'],
    ['6to4', '2002:a00:1::1'],
    ['Teredo', '2001::a00:1'],
    ['outside global unicast', '4000::1'],
    ['no address', 'localhost'],
  ])('refuses %s (%s)', (_range, address) => {
    expect(nothingAllowed.refusalOf(address)).toBeDefined();
  });

  it.each(['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111'])('allows the public address %s', (address) => {
    expect(nothingAllowed.refusalOf(address)).toBeUndefined();
  });

  it('allows a network, an address and their IPv4-mapped forms where the operator listed them, and no more', () => {
    const policy = egressPolicy(['10.1.0.0/16', '192.168.7.7', 'fd00:7::/32']);
    expect(
      ['10.1.2.3', '::ffff:10.1.2.3', '192.168.7.7', 'fd00:7::1'].map((address) => policy.refusalOf(address)),
    ).toEqual([undefined, undefined, undefined, undefined]);
    expect(policy.refusalOf('10.2.0.1')).toBeDefined();
    expect(policy.refusalOf('192.168.7.8')).toBeDefined();
    expect(policy.refusalOf('fd00:8::1')).toBeDefined();
  });

  it('allows a host on every port, or on the listed one only', () => {
    const policy = egressPolicy(['hooks.internal', 'Other.Internal:8443', '[fd00::1]:80']);
    expect(policy.allowsHost('hooks.internal', 1)).toBe(true);
    expect(policy.allowsHost('HOOKS.internal.', 443)).toBe(true);
    expect(policy.allowsHost('other.internal', 8443)).toBe(true);
    expect(policy.allowsHost('other.internal', 443)).toBe(false);
    expect(policy.allowsHost('evil.hooks.internal', 443)).toBe(false);
    expect(policy.allowsHost('[fd00::1]', 80)).toBe(true);
  });

  it.each(['10.0.0.0/33', 'http://host', 'a b', 'user@host', ''])('refuses to start with the entry "%s"', (entry) => {
    expect(() => egressPolicy([entry])).toThrow(expect.objectContaining({ code: 'FORGE_CONFIG_INVALID' }));
  });
});

describe('the URL of a receiver', () => {
  it('is refused when it is a private IPv4 address, however that is written', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const privateAddress = fc.oneof(
      fc.tuple(fc.constant(10), octet, octet, octet),
      fc.tuple(fc.constant(127), octet, octet, octet),
      fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
      fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
    );
    const spelling = fc.constantFrom(
      ([a, b, c, d]: number[]) => `${a}.${b}.${c}.${d}`,
      ([a = 0, b = 0, c = 0, d = 0]: number[]) => String(((a * 256 + b) * 256 + c) * 256 + d),
      ([a = 0, b = 0, c = 0, d = 0]: number[]) => `0x${(((a * 256 + b) * 256 + c) * 256 + d).toString(16)}`,
      ([a = 0, b, c, d]: number[]) => `0${a.toString(8)}.${b}.${c}.${d}`,
      ([a, b, c = 0, d = 0]: number[]) => `${a}.${b}.${c * 256 + d}`,
      ([a, b, c, d]: number[]) => `[::ffff:${a}.${b}.${c}.${d}]`,
    );
    fc.assert(
      fc.property(privateAddress, spelling, (address, spell) => {
        expect(() => checkUrl(`http://${spell(address)}/`, nothingAllowed)).toThrow(
          expect.objectContaining({ code: 'FORGE_NOTIFY_EGRESS' }),
        );
      }),
    );
  });

  it.each(['ftp://example.org/', 'file:///etc/passwd', 'gopher://example.org', '//example.org', 'example.org', ''])(
    'is refused when it is not http or https: %s',
    (url) => {
      expect(() => checkUrl(url, nothingAllowed)).toThrow(expect.objectContaining({ code: 'FORGE_NOTIFY_RECIPIENT' }));
    },
  );

  it('is refused with a user or password in it, and the error repeats neither these nor the path', () => {
    const attempt = (): URL => checkUrl('https://me:hunter2@example.org/path-secret?key=query-secret', nothingAllowed);
    expect(attempt).toThrow('example.org');
    expect(attempt).not.toThrow(/hunter2|path-secret|query-secret/);
  });

  it('is allowed when it is public, or a host that the operator listed', () => {
    expect(checkUrl('https://example.org/x', nothingAllowed).href).toBe('https://example.org/x');
    expect(checkUrl('http://127.0.0.1:9000/x', egressPolicy(['127.0.0.1:9000'])).port).toBe('9000');
    expect(() => checkUrl('http://127.0.0.1:9001/x', egressPolicy(['127.0.0.1']))).not.toThrow();
  });
});
