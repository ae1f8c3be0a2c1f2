import { parseDockerHost } from './docker-host.js';

describe('parseDockerHost', () => {
  it.each([
    ['unix:///var/run/docker.sock', { kind: 'unix', socketPath: '/var/run/docker.sock' }],
    ['tcp://127.0.0.1:2376', { kind: 'tcp', host: '127.0.0.1', port: 2376 }],
    ['tcp://proxy', { kind: 'tcp', host: 'proxy', port: 2375 }],
    ['http://proxy', { kind: 'tcp', host: 'proxy', port: 80 }],
  ])('reads %s', (dockerHost, address) => {
    expect(parseDockerHost(dockerHost)).toEqual(address);
  });

  it.each([
    '',
    'unix://',
    'unix://relative',
    'ssh://host',
    'npipe:////./pipe/docker',
    'tcp://',
    '/var/run/docker.sock',
  ])('refuses "%s", naming the setting', (dockerHost) => {
    expect(() => parseDockerHost(dockerHost)).toThrow(
      expect.objectContaining({ code: 'FORGE_CONFIG_INVALID', message: expect.stringContaining('DOCKER_HOST') }),
    );
  });
});
