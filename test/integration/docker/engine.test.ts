import { type AddressInfo, connect, createServer } from 'node:net';
import { DockerEngine } from '@sentinel-forge/docker';
import { DockerLab, EngineProxy, requireDocker } from '@sentinel-forge/testing';

const describeWithDocker = await requireDocker();

describeWithDocker('the door to the engine', () => {
  let proxy: EngineProxy;

  beforeEach(async () => {
    proxy = await EngineProxy.start();
  });

  afterEach(async () => {
    await proxy[Symbol.asyncDispose]();
  });

  it('can be made while no engine is there, says so in a retryable error, and works once there is one', async () => {
    await proxy.cut();
    const engine = new DockerEngine({ dockerHost: proxy.dockerHost });
    await expect(engine.ping()).rejects.toMatchObject({ code: 'FORGE_DOCKER_UNAVAILABLE', isRetryable: true });
    await proxy.mend();
    await engine.ping();
  });

  it('names the engine by an id that stays the same from call to call', async () => {
    const engine = new DockerEngine({ dockerHost: proxy.dockerHost });
    const info = await engine.info();
    expect(info.id).not.toBe('');
    expect(info.version).toMatch(/^\d+\.\d+/);
    expect(info.cpus).toBeGreaterThan(0);
    expect((await engine.info()).id).toBe(info.id);
  });

  it('ends a call at its deadline when the engine hangs', async () => {
    const engine = new DockerEngine({ dockerHost: proxy.dockerHost, callTimeoutMs: 200 });
    proxy.freeze();
    await expect(engine.containers.list()).rejects.toMatchObject({ code: 'FORGE_DOCKER_TIMEOUT', isRetryable: true });
  });

  it('ends a call whose answer is cut off', async () => {
    const engine = new DockerEngine({ dockerHost: proxy.dockerHost, callTimeoutMs: 2_000 });
    proxy.freeze();
    const pending = expect(engine.info()).rejects.toMatchObject({ code: 'FORGE_DOCKER_UNAVAILABLE' });
    await proxy.cut();
    await pending;
  });

  it('does not trip over an engine that restarted between two calls', async () => {
    const engine = new DockerEngine({ dockerHost: proxy.dockerHost });
    await engine.ping();
    await proxy.cut();
    await proxy.mend();
    await engine.ping();
  });

  it('answers for a container that is not there with the status of the engine and what was asked', async () => {
    const engine = new DockerEngine({ dockerHost: proxy.dockerHost });
    await expect(engine.containers.restart('forge-no-such-container')).rejects.toMatchObject({
      code: 'FORGE_DOCKER_NOT_FOUND',
      isRetryable: false,
      details: { status: 404, target: 'forge-no-such-container', operation: 'restart container' },
    });
  });

  it('goes over TCP as well', async () => {
    const server = createServer((client) => {
      const upstream = connect(proxy.dockerHost.slice('unix://'.length));
      client.pipe(upstream).pipe(client);
      client.on('error', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    try {
      const { port } = server.address() as AddressInfo;
      const engine = new DockerEngine({ dockerHost: `tcp://127.0.0.1:${port}` });
      expect((await engine.info()).id).toBe((await new DockerEngine().info()).id);
      const events = engine.events();
      for await (const event of events) {
        expect(event).toEqual({ kind: 'resync', reason: 'connected' });
        break;
      }
      expect(events.isConnected).toBe(false);
    } finally {
      server.close();
    }
  });

  it('asks for nothing but the container, whatever it is called', async () => {
    const { containers, networks } = new DockerEngine({ dockerHost: proxy.dockerHost });
    for (const name of ['', '..', 'x/../../info?', '../images']) {
      await expect(containers.inspect(name)).rejects.toMatchObject({ code: 'FORGE_DOCKER_NOT_FOUND' });
      await expect(containers.kill(name)).rejects.toMatchObject({ code: 'FORGE_DOCKER_NOT_FOUND' });
      await expect(networks.inspect(name)).rejects.toMatchObject({ code: 'FORGE_DOCKER_NOT_FOUND' });
    }
    expect(proxy.requests).toEqual([]);
  });

  it('leaves DOCKER_HOST of the environment alone when it is told another address', async () => {
    const former = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = 'tcp://127.0.0.1:1';
    try {
      const engine = new DockerEngine({ dockerHost: proxy.dockerHost });
      await engine.ping();
    } finally {
      if (former === undefined) {
        delete process.env.DOCKER_HOST;
      } else {
        process.env.DOCKER_HOST = former;
      }
    }
  });
});

describeWithDocker('a test lab', () => {
  it('leaves nothing behind', async () => {
    const engine = new DockerEngine();
    const lab = await DockerLab.open();
    const network = await lab.network({ hasFixedSubnet: true });
    await lab.victim({ networks: [{ network }] });
    await lab.close();
    expect(await engine.containers.list({ labels: [`forge-testing.lab=${lab.id}`] })).toEqual([]);
    await expect(engine.networks.inspect(network.id)).rejects.toMatchObject({ code: 'FORGE_DOCKER_NOT_FOUND' });
  });
});
