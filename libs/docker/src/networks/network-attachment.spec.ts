import fc from 'fast-check';
import { isGhost, parseAttachment, toEndpointConfig } from './network-attachment.js';

const id = `151f45943e65${'0'.repeat(52)}`;
const text = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);

describe('a network attachment', () => {
  it('parts what was asked for from what the engine gave', () => {
    const attachment = parseAttachment(
      'shop_default',
      {
        NetworkID: 'n1',
        EndpointID: 'e1',
        IPAMConfig: null,
        Aliases: ['web', '151f45943e65'],
        IPAddress: '172.18.0.7',
        GlobalIPv6Address: '',
        MacAddress: '02:42:ac:12:00:07',
      },
      { id },
    );
    expect(attachment).toEqual({
      networkName: 'shop_default',
      networkId: 'n1',
      endpointId: 'e1',
      requested: { aliases: ['web'], links: [], driverOpts: {}, linkLocalAddresses: [] },
      assigned: { ipv4Address: '172.18.0.7', macAddress: '02:42:ac:12:00:07' },
    });
  });

  it.each([
    ['was chosen for the container', '02:42:f0:00:00:01', '02:42:f0:00:00:01', '02:42:f0:00:00:01'],
    ['was made up', '1a:97:b4:61:88:d1', undefined, undefined],
    ['was made up, where one was chosen for another network', '1a:97:b4:61:88:d1', '02:42:f0:00:00:01', undefined],
    ['will be the chosen one when it runs', '', '02:42:f0:00:00:01', '02:42:f0:00:00:01'],
  ])('asks again for a MAC address as before: one that %s', (_which, given, configuredMac, expected) => {
    const container = { id, ...(configuredMac === undefined ? {} : { configuredMac }) };
    expect(parseAttachment('n', { MacAddress: given }, container).requested.macAddress).toBe(expected);
  });

  it('takes an empty IPAMConfig, which Compose writes, as no static address', () => {
    const { requested } = parseAttachment('n', { IPAMConfig: {}, IPAddress: '172.18.0.7' }, { id });
    expect(toEndpointConfig(requested)).toEqual({});
  });

  it('survives any number of restores: asked for again, the same is asked for', () => {
    const endpoint = fc.record({
      IPAMConfig: fc.option(
        fc.record(
          {
            IPv4Address: fc.ipV4(),
            IPv6Address: fc.ipV6(),
            LinkLocalIPs: fc.array(fc.ipV4(), { maxLength: 2 }),
          },
          { requiredKeys: [] },
        ),
      ),
      Aliases: fc.option(fc.array(text)),
      Links: fc.option(fc.array(text)),
      DriverOpts: fc.option(fc.dictionary(text, text)),
      MacAddress: fc.constantFrom('', '02:42:f0:00:00:01'),
      GwPriority: fc.constantFrom(0, 5),
    });
    fc.assert(
      fc.property(endpoint, (asked) => {
        const container = { id, configuredMac: '02:42:f0:00:00:01' };
        const first = parseAttachment('n', asked, container).requested;
        // The engine adds the short id to what it was asked for, as it always does.
        const config = toEndpointConfig(first);
        const answered = { ...config, Aliases: [...(config.Aliases ?? []), id.slice(0, 12)] };
        expect(parseAttachment('n', answered, container).requested).toEqual(first);
      }),
    );
  });

  it('is a ghost only when the container runs and has no endpoint there', () => {
    const ghost = parseAttachment('n', { EndpointID: '' }, { id });
    expect(isGhost(ghost, true)).toBe(true);
    expect(isGhost(ghost, false)).toBe(false);
    expect(isGhost(parseAttachment('n', { EndpointID: 'e1' }, { id }), true)).toBe(false);
  });
});
