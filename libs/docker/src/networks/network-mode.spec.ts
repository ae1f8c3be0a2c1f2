import { parseNetworkMode, whyNotDetachable } from './network-mode.js';

describe('parseNetworkMode', () => {
  it.each([
    ['host', { kind: 'host' }, false],
    ['none', { kind: 'none' }, true],
    [
      'container:4e3ae2c9dbd0079898714dac48596a47',
      { kind: 'container', containerId: '4e3ae2c9dbd0079898714dac48596a47' },
      false,
    ],
    ['default', { kind: 'network', name: 'bridge' }, true],
    ['', { kind: 'network', name: 'bridge' }, true],
    ['shop_default', { kind: 'network', name: 'shop_default' }, true],
  ])('reads "%s"', (mode, parsed, isDetachable) => {
    expect(parseNetworkMode(mode)).toEqual(parsed);
    expect(whyNotDetachable(parseNetworkMode(mode)) === undefined).toBe(isDetachable);
  });
});
