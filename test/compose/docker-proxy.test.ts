import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { DockerEngine } from '@sentinel-forge/docker';
import { DockerLab, type Victim, waitFor } from '@sentinel-forge/testing';
import { ComposeStack } from '../support/compose-stack.js';
import { baseImages, engineSocket, requireCompose } from '../support/require-compose.js';

const describeWithCompose = await requireCompose();

interface Call {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** The proxy's image in front of a real engine: all that supervisor needs, and nothing of what would be root on the host. */
describeWithCompose('the door to the engine', () => {
  let disposables: AsyncDisposableStack;
  let lab: DockerLab;
  let port: number;
  let engine: DockerEngine;
  let victim: Victim;
  let name: string;

  beforeAll(async () => {
    disposables = new AsyncDisposableStack();
    lab = disposables.use(await DockerLab.open());
    const stack = new ComposeStack({ ...(await baseImages()), DOCKER_SOCKET: engineSocket() });
    await stack.build('docker-proxy');
    const proxy = await lab.docker.createContainer({
      Image: 'sentinel-forge/docker-proxy:test',
      User: '0:0',
      Labels: { ...lab.labels },
      ExposedPorts: { '2375/tcp': {} },
      HostConfig: {
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        Binds: [`${engineSocket()}:/var/run/docker.sock`],
        PortBindings: { '2375/tcp': [{ HostIp: '127.0.0.1', HostPort: '0' }] },
      },
    });
    await proxy.start();
    const { Ports } = (await proxy.inspect()).NetworkSettings;
    port = Number(Ports['2375/tcp']?.[0]?.HostPort);
    engine = new DockerEngine({ dockerHost: `tcp://127.0.0.1:${port}` });
    await waitFor(() => engine.ping().then(() => true), { description: 'the proxy to answer' });
    victim = await lab.victim({ networks: [{ network: await lab.network({ hasFixedSubnet: true }) }] });
    name = victim.name;
  }, 600_000);

  afterAll(() => disposables?.disposeAsync(), 60_000);

  /** As it stands: no client that would tidy the path up. */
  function ask(method: string, path: string, body?: string): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const asked = request({ host: '127.0.0.1', port, method, path, agent: false }, async (response) => {
      resolve({ status: response.statusCode ?? 0, body: await text(response) });
    });
    asked.once('error', reject);
    if (body === undefined) {
      asked.end();
    } else {
      asked.setHeader('content-type', 'application/json');
      asked.end(body);
    }
    return promise;
  }

  it('opens for everything that is read: the engine, its events, containers, networks, logs, processes, changes', async () => {
    await engine.info();
    await using events = engine.events();
    expect((await events[Symbol.asyncIterator]().next()).value).toMatchObject({ kind: 'resync' });
    expect((await engine.containers.list({ labels: [`forge.testing.lab=${lab.id}`] })).length).toBeGreaterThanOrEqual(
      0,
    );
    const { networks } = await engine.containers.inspect(name);
    await engine.networks.inspect(networks[0]?.networkName ?? '');
    await engine.evidence.logs(name);
    await engine.evidence.diff(name);
    expect((await engine.evidence.top(name)).processes.length).toBeGreaterThan(0);
  });

  it('opens for everything that is done to a container, and for taking it back', async () => {
    const [attachment] = (await engine.containers.inspect(name)).networks;
    if (attachment === undefined) {
      throw new Error('the victim is on no network');
    }
    expect(await engine.networks.detach(name, attachment.networkId ?? attachment.networkName)).toBe('changed');
    await engine.networks.attach(name, attachment);
    expect(await engine.containers.pause(name)).toBe('changed');
    expect(await engine.containers.unpause(name)).toBe('changed');
    const former = await engine.containers.throttle(name, { cpus: 0.5, memoryBytes: 64 * 1024 * 1024, pidsLimit: 50 });
    await engine.containers.unthrottle(name, former);
    await engine.containers.restart(name, { stopTimeoutSeconds: 1 });
    expect(await engine.containers.kill(name)).toBe('changed');
    expect(await engine.containers.start(name)).toBe('changed');
    expect(await engine.containers.stop(name, { stopTimeoutSeconds: 1 })).toBe('changed');
    expect(await engine.containers.start(name)).toBe('changed');
    const image = await engine.evidence.commit(name, {
      repository: 'forge-evidence',
      tag: lab.id,
      comment: 'a "test"',
    });
    await lab.docker.getImage(image).remove({ force: true });
  }, 60_000);

  it.each<Call>([
    {
      what: 'a new container, with the host’s disk in it',
      method: 'POST',
      path: '/containers/create',
      body: JSON.stringify({ Image: 'x', HostConfig: { Binds: ['/:/host'] } }),
    },
    {
      what: 'a command in a container',
      method: 'POST',
      path: '/containers/VICTIM/exec',
      body: JSON.stringify({ Cmd: ['id'] }),
    },
    { what: 'a terminal of a container', method: 'POST', path: '/containers/VICTIM/attach?stream=1' },
    { what: 'a file out of a container', method: 'GET', path: '/containers/VICTIM/archive?path=/etc/passwd' },
    { what: 'a file into a container', method: 'PUT', path: '/containers/VICTIM/archive?path=/' },
    { what: 'removal', method: 'DELETE', path: '/containers/VICTIM' },
    { what: 'another name', method: 'POST', path: '/containers/VICTIM/rename?name=x' },
    {
      what: 'another restart policy',
      method: 'POST',
      path: '/containers/VICTIM/update',
      body: JSON.stringify({ RestartPolicy: { Name: 'always' } }),
    },
    {
      what: 'a device beside a limit',
      method: 'POST',
      path: '/containers/VICTIM/update',
      body: JSON.stringify({ PidsLimit: 100, DeviceCgroupRules: ['a *:* rwm'] }),
    },
    {
      what: 'a limit twice, the second time as an object',
      method: 'POST',
      path: '/containers/VICTIM/update',
      body: '{"Memory":1,"Memory":{}}',
    },
    {
      what: 'a configuration for what is started',
      method: 'POST',
      path: '/containers/VICTIM/start',
      body: JSON.stringify({ HostConfig: { Privileged: true } }),
    },
    {
      what: 'a snapshot with another command',
      method: 'POST',
      path: '/commit?container=VICTIM',
      body: JSON.stringify({ container: 'VICTIM', Cmd: ['sh'] }),
    },
    { what: 'an image', method: 'POST', path: '/images/create?fromImage=x' },
    { what: 'a build', method: 'POST', path: '/build' },
    { what: 'the list of images', method: 'GET', path: '/images/json' },
    {
      what: 'a network',
      method: 'POST',
      path: '/networks/create',
      body: JSON.stringify({ Container: 'VICTIM', Name: 'x' }),
    },
    { what: 'a volume', method: 'POST', path: '/volumes/create', body: JSON.stringify({ Name: 'x' }) },
    { what: 'secrets', method: 'GET', path: '/secrets' },
    { what: 'a swarm', method: 'POST', path: '/swarm/init', body: JSON.stringify({}) },
    { what: 'plugins', method: 'GET', path: '/plugins' },
    { what: 'what is pruned', method: 'POST', path: '/containers/prune' },
    { what: 'a version of the interface that is older', method: 'GET', path: '/v1.24/containers/json' },
    { what: 'a dot segment', method: 'GET', path: '/containers/VICTIM/../../images/json' },
    { what: 'an escaped slash', method: 'GET', path: '/containers/..%2f..%2fimages/json' },
    { what: 'a second slash', method: 'GET', path: '//images/json' },
    { what: 'a method that reads by another name', method: 'HEAD', path: '/images/json' },
  ])('stays shut for $what', async ({ method, path, body }) => {
    const { status } = await ask(method, path.replaceAll('VICTIM', name), body?.replaceAll('VICTIM', name));
    expect(status).toBe(403);
  });

  it('says who is forbidden, in the engine’s own form, so that supervisor can tell it from a container that is gone', async () => {
    await expect(
      new DockerEngine({ dockerHost: `tcp://127.0.0.1:${port}` }).containers.inspect('a/../b'),
    ).rejects.toMatchObject({ code: expect.stringMatching(/^FORGE_DOCKER_/) });
    expect(await ask('GET', '/images/json')).toEqual({
      status: 403,
      body: '{"message":"Forbidden by the socket proxy"}',
    });
  });
});
