import { parseEvent } from './docker-event.js';

const line = (type: string, action: string, attributes: object, id = 'c1'): string =>
  JSON.stringify({
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: attributes },
    // As the engine writes it: a number that a double cannot hold.
    timeNano: Number('1795253795354818485'),
  });

describe('parseEvent', () => {
  it.each([
    ['health_status: unhealthy', {}, { action: 'health_status', health: 'unhealthy' }],
    ['health_status: healthy', {}, { action: 'health_status', health: 'healthy' }],
    ['die', { exitCode: '137' }, { action: 'die', exitCode: 137 }],
    ['kill', { signal: '15' }, { action: 'kill', signal: '15' }],
    ['rename', { oldName: '/old' }, { action: 'rename', formerName: 'old' }],
  ])('reads what %s has to say', (action, more, expected) => {
    const attributes = { name: 'web', image: 'web:1', role: 'shop', ...more };
    expect(parseEvent(line('container', action, attributes))).toEqual({
      kind: 'container',
      containerId: 'c1',
      containerName: 'web',
      attributes,
      timeMs: expect.closeTo(1_795_253_795_354.818, 3),
      ...expected,
    });
  });

  it('reads who came to a network', () => {
    expect(
      parseEvent(line('network', 'connect', { container: 'c1', name: 'shop', type: 'bridge' }, 'n1')),
    ).toMatchObject({
      kind: 'network',
      action: 'connect',
      networkId: 'n1',
      networkName: 'shop',
      containerId: 'c1',
    });
  });

  it.each([
    ['the exec of a health check', line('container', 'exec_start: test ! -e /tmp/x', {})],
    ['another kind of object', line('volume', 'create', {})],
    ['a network without a container', line('network', 'connect', {}, 'n1')],
    ['half a line', '{"Type":"container","Act'],
    ['no object', 'null'],
    ['an object of nothing', '{}'],
  ])('passes over %s', (_what, text) => {
    expect(parseEvent(text)).toBeUndefined();
  });
});
