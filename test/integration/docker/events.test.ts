import { DockerEngine, type DockerEvent, type DockerEvents } from '@sentinel-forge/docker';
import { DockerLab, EngineProxy, requireDocker, type Victim, waitFor } from '@sentinel-forge/testing';

const describeWithDocker = await requireDocker();

describeWithDocker('the events of the engine', () => {
  let lab: DockerLab;
  let proxy: EngineProxy;
  let events: DockerEvents;
  let heard: DockerEvent[];
  let hearing: Promise<void>;

  beforeAll(async () => {
    lab = await DockerLab.open();
  });

  afterAll(async () => {
    await lab.close();
  });

  beforeEach(async () => {
    proxy = await EngineProxy.start();
  });

  afterEach(async () => {
    await events.close();
    await hearing;
    await proxy[Symbol.asyncDispose]();
  });

  function listen(): void {
    events = new DockerEngine({ dockerHost: proxy.dockerHost }).events();
    heard = [];
    hearing = (async () => {
      for await (const event of events) {
        heard.push(event);
      }
    })();
  }

  /** What was heard of one container, in short; other tests' containers are none of ours. */
  const storyOf = (victim: Victim): string[] =>
    heard.flatMap((event) =>
      'containerId' in event && event.containerId === victim.id ? [`${event.kind} ${event.action}`] : [],
    );

  const hears = (victim: Victim, told: string) =>
    waitFor(() => storyOf(victim).includes(told), { description: `"${told}" of ${victim.name}` });

  const isResync = (reason: string) =>
    waitFor(() => heard.some((event) => event.kind === 'resync' && event.reason === reason), {
      description: `a resync because ${reason}`,
    });

  it('begin with a resync, and then tell the life of a container in order', async () => {
    listen();
    await isResync('connected');
    expect(heard[0]).toEqual({ kind: 'resync', reason: 'connected' });
    const network = await lab.network();
    const victim = await lab.victim({ networks: [{ network }], labels: { role: 'test' } });
    await victim.container.pause();
    await victim.container.unpause();
    await victim.container.rename({ name: `${victim.name}-renamed` });
    await victim.container.stop({ t: 1 });
    await victim.remove();
    await hears(victim, 'container destroy');
    // Which of the three a stop tells first differs from one engine to the next.
    const isEnd = (event: string): boolean => ['container die', 'network disconnect', 'container stop'].includes(event);
    expect(storyOf(victim).filter(isEnd).sort()).toEqual(['container die', 'container stop', 'network disconnect']);
    expect(storyOf(victim).filter((event) => !isEnd(event))).toEqual([
      'container create',
      'network connect',
      'container start',
      'container pause',
      'container unpause',
      'container rename',
      'container kill',
      'container destroy',
    ]);
    expect(heard).toContainEqual(
      expect.objectContaining({
        action: 'rename',
        containerName: `${victim.name}-renamed`,
        formerName: victim.name,
        attributes: expect.objectContaining({ role: 'test' }),
      }),
    );
    expect(heard).toContainEqual(
      expect.objectContaining({ action: 'connect', networkName: network.name, containerId: victim.id }),
    );
  });

  it('tell a kill from a stop: both exit with 137, only a stop says so', async () => {
    listen();
    await isResync('connected');
    const command = ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'];
    const [killed, stopped] = await Promise.all([lab.victim({ command }), lab.victim({ command })]);
    await killed.container.kill();
    await stopped.container.stop({ t: 0 });
    await hears(stopped, 'container stop');
    await hears(stopped, 'container die');
    const exitCodes = heard.flatMap((event) => (event.kind === 'container' && event.action === 'die' ? [event] : []));
    expect(exitCodes.find(({ containerId }) => containerId === killed.id)?.exitCode).toBe(137);
    expect(exitCodes.find(({ containerId }) => containerId === stopped.id)?.exitCode).toBe(137);
    expect(storyOf(killed)).not.toContain('container stop');
  });

  it('tell the turns of health, and none of the checks behind it', async () => {
    listen();
    await isResync('connected');
    const victim = await lab.victim({ hasHealthCheck: true });
    await hears(victim, 'container health_status');
    await victim.setHealthy(false);
    await waitFor(
      () => heard.some((event) => 'health' in event && event.containerId === victim.id && event.health === 'unhealthy'),
      { description: 'the unhealthy victim' },
    );
    expect(storyOf(victim).filter((told) => told.includes('exec'))).toEqual([]);
  });

  it('tell once that the engine is away, wait for it, and resync when it is back', async () => {
    await proxy.cut();
    listen();
    await waitFor(() => heard.some((event) => event.kind === 'disconnected'), { description: 'that it is away' });
    expect(events.isConnected).toBe(false);
    await proxy.mend();
    await isResync('connected');
    expect(events.isConnected).toBe(true);
    expect(heard.map(({ kind }) => kind)).toEqual(['disconnected', 'resync']);
    expect(heard[0]).toMatchObject({ error: { code: 'FORGE_DOCKER_UNAVAILABLE' } });
  });

  it('miss nothing and repeat nothing over a break', async () => {
    listen();
    await isResync('connected');
    const before = await lab.victim();
    await hears(before, 'container start');
    await proxy.cut();
    await waitFor(() => heard.some((event) => event.kind === 'disconnected'), { description: 'the break' });
    const during = await lab.victim();
    await proxy.mend();
    await isResync('reconnected');
    await hears(during, 'container start');
    const after = await lab.victim();
    await hears(after, 'container start');
    for (const victim of [before, during, after]) {
      expect(storyOf(victim)).toEqual(['container create', 'network connect', 'container start']);
    }
    const kinds = heard.map(({ kind }) => kind);
    expect(kinds.indexOf('resync', 1)).toBeGreaterThan(kinds.indexOf('disconnected'));
  });

  it('survive a hundred breaks', async () => {
    listen();
    await isResync('connected');
    for (let breaks = 0; breaks < 100; breaks += 1) {
      await proxy.cut();
      await proxy.mend();
    }
    const victim = await lab.victim();
    await hears(victim, 'container start');
    expect(storyOf(victim)).toEqual(['container create', 'network connect', 'container start']);
  });

  it('of a burst all arrive, each once', async () => {
    listen();
    await isResync('connected');
    const victim = await lab.victim();
    const kills = 500;
    // One signal is one event; CONT does nothing to a process that runs.
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        for (let kill = 0; kill < kills / 10; kill += 1) {
          await victim.container.kill({ signal: 'SIGCONT' });
        }
      }),
    );
    await waitFor(() => storyOf(victim).filter((told) => told === 'container kill').length >= kills, {
      description: `${kills} kill events`,
      timeoutMs: 60_000,
    });
    expect(storyOf(victim).filter((told) => told === 'container kill')).toHaveLength(kills);
  }, 120_000);

  it('become one resync for a consumer that does not keep up', async () => {
    const engine = new DockerEngine({ dockerHost: proxy.dockerHost });
    events = engine.events({ queueLimit: 10 });
    hearing = Promise.resolve();
    await waitFor(() => events.isConnected, { description: 'the connection' });
    const probe = engine.events();
    const killed = (async () => {
      let kills = 0;
      for await (const event of probe) {
        kills += event.kind === 'container' && event.action === 'kill' ? 1 : 0;
        if (kills === 25) {
          return;
        }
      }
    })();
    await waitFor(() => probe.isConnected, { description: 'the connection of the probe' });
    const victim = await lab.victim();
    for (let kill = 0; kill < 25; kill += 1) {
      await victim.container.kill({ signal: 'SIGCONT' });
    }
    await killed;
    await probe.close();
    for await (const event of events) {
      expect(event).toEqual({ kind: 'resync', reason: 'overflow' });
      break;
    }
  });

  it('end at once when they are closed while the engine hangs', async () => {
    proxy.freeze();
    listen();
    await waitFor(() => proxy.requests.some((request) => request.startsWith('GET /events')), {
      description: 'the question for events',
    });
    const startedMs = performance.now();
    await events.close();
    await hearing;
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(heard).toEqual([]);
  });

  it('end when they are closed, while the engine is there and while it is away', async () => {
    listen();
    await isResync('connected');
    await events.close();
    await hearing;
    await proxy.cut();
    listen();
    await waitFor(() => heard.length > 0, { description: 'that the engine is away' });
    await events.close();
    await hearing;
    expect(events.isConnected).toBe(false);
  });
});
