import { DockerEngine, isGone } from '@sentinel-forge/docker';
import { DockerLab, requireDocker, waitFor } from '@sentinel-forge/testing';

const describeWithDocker = await requireDocker();

describeWithDocker('containers', () => {
  const engine = new DockerEngine();
  let lab: DockerLab;

  beforeAll(async () => {
    lab = await DockerLab.open();
  });

  afterAll(async () => {
    await lab.close();
  });

  const stateOf = async (id: string): Promise<string> => (await engine.containers.inspect(id)).state;

  it('shows what a container is, and what it was told to be', async () => {
    const victim = await lab.victim({
      labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' },
      restartPolicy: 'unless-stopped',
      hasHealthCheck: true,
      hasTty: true,
    });
    const snapshot = await engine.containers.inspect(victim.name);
    expect(snapshot).toMatchObject({
      id: victim.id,
      name: victim.name,
      image: lab.image,
      state: 'running',
      exitCode: 0,
      isOomKilled: false,
      restartPolicy: { name: 'unless-stopped' },
      networkMode: { kind: 'network', name: 'bridge' },
      compose: { project: 'shop', service: 'web', number: 1 },
      hasTty: true,
    });
    expect(snapshot.pid).toBeGreaterThan(0);
    expect(Date.parse(snapshot.startedAt ?? '')).toBeGreaterThan(Date.parse(snapshot.createdAt) - 1_000);
    expect(snapshot).not.toHaveProperty('finishedAt');
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  });

  it('lists stopped ones too, unless only the running ones are wanted', async () => {
    const running = await lab.victim({ labels: { 'list-test': 'yes' } });
    const created = await lab.victim({ labels: { 'list-test': 'yes' }, isStarted: false });
    const labels = ['list-test=yes'];
    const all = await engine.containers.list({ labels });
    expect(all.map(({ id }) => id).sort()).toEqual([running.id, created.id].sort());
    expect(all.find(({ id }) => id === created.id)).toMatchObject({ name: created.name, state: 'created' });
    expect((await engine.containers.list({ labels, isRunning: true })).map(({ id }) => id)).toEqual([running.id]);
    const inspected = await engine.containers.inspectAll({ labels });
    expect(inspected.map(({ id }) => id).sort()).toEqual([running.id, created.id].sort());
  });

  it('follows the health check as it turns', async () => {
    const victim = await lab.victim({ hasHealthCheck: true });
    const health = async (): Promise<string> => (await engine.containers.inspect(victim.id)).health;
    await waitFor(async () => (await health()) === 'healthy', { description: 'a healthy victim' });
    await victim.setHealthy(false);
    await waitFor(async () => (await health()) === 'unhealthy', { description: 'an unhealthy victim' });
    const unhealthy = await engine.containers.list({ health: 'unhealthy', labels: [`forge-testing.lab=${lab.id}`] });
    expect(unhealthy.map(({ id }) => id)).toEqual([victim.id]);
    await victim.setHealthy(true);
    await waitFor(async () => (await health()) === 'healthy', { description: 'a victim that is healthy again' });
  });

  it('takes a container that is in the wished state already as done', async () => {
    const victim = await lab.victim();
    expect(await engine.containers.start(victim.id)).toBe('unchanged');
    expect(await engine.containers.pause(victim.id)).toBe('changed');
    expect(await engine.containers.pause(victim.id)).toBe('unchanged');
    expect(await engine.containers.unpause(victim.id)).toBe('changed');
    expect(await engine.containers.unpause(victim.id)).toBe('unchanged');
    expect(await engine.containers.stop(victim.id, { stopTimeoutSeconds: 1 })).toBe('changed');
    expect(await engine.containers.stop(victim.id)).toBe('unchanged');
    expect(await engine.containers.kill(victim.id)).toBe('unchanged');
    expect(await engine.containers.start(victim.id)).toBe('changed');
    expect(await engine.containers.kill(victim.id)).toBe('changed');
    await waitFor(async () => (await stateOf(victim.id)) === 'exited', { description: 'the killed victim to exit' });
    expect((await engine.containers.inspect(victim.id)).exitCode).toBe(137);
  });

  it('un-pauses what it restarts', async () => {
    const victim = await lab.victim();
    await engine.containers.pause(victim.id);
    expect(await stateOf(victim.id)).toBe('paused');
    await engine.containers.restart(victim.id, { stopTimeoutSeconds: 0 });
    expect(await stateOf(victim.id)).toBe('running');
  });

  it('says why a paused container cannot be started', async () => {
    const victim = await lab.victim();
    await engine.containers.pause(victim.id);
    await expect(engine.containers.start(victim.id)).rejects.toMatchObject({
      code: 'FORGE_DOCKER_CONFLICT',
      details: { status: 409, reason: 'paused' },
    });
  });

  it('lets a health check fail on a paused container, so that unhealthy does not mean broken', async () => {
    const victim = await lab.victim({ hasHealthCheck: true });
    await engine.containers.pause(victim.id);
    await waitFor(async () => (await engine.containers.inspect(victim.id)).health === 'unhealthy', {
      description: 'the paused victim to be called unhealthy',
    });
    expect(await stateOf(victim.id)).toBe('paused');
  });

  it('finds a container stopped by hand among the unhealthy, so that a healer must look at its state', async () => {
    const victim = await lab.victim({ hasHealthCheck: true });
    await victim.setHealthy(false);
    await waitFor(async () => (await engine.containers.inspect(victim.id)).health === 'unhealthy', {
      description: 'an unhealthy victim',
    });
    await engine.containers.stop(victim.id, { stopTimeoutSeconds: 0 });
    const unhealthy = await engine.containers.list({ health: 'unhealthy', labels: [`forge-testing.lab=${lab.id}`] });
    expect(unhealthy.find(({ id }) => id === victim.id)?.state).toBe('exited');
  });

  it('is not restarted by its policy after a kill, but is when its process dies by itself', async () => {
    const victim = await lab.victim({ restartPolicy: 'always', command: ['sh', '-c', 'sleep 0.2; exit 3'] });
    await waitFor(async () => (await engine.containers.inspect(victim.id)).restartCount > 0, {
      description: 'the policy to restart a victim that exits',
    });
    const steady = await lab.victim({ restartPolicy: 'always' });
    await engine.containers.kill(steady.id);
    await waitFor(async () => (await stateOf(steady.id)) === 'exited', { description: 'the killed victim to exit' });
    // The policy acts, when it acts, 100 ms after the death: the other victim's next restart shows that it had the time.
    const { restartCount } = await engine.containers.inspect(victim.id);
    await waitFor(async () => (await engine.containers.inspect(victim.id)).restartCount > restartCount, {
      description: 'one more restart by policy',
    });
    expect(await stateOf(steady.id)).toBe('exited');
  });

  it('takes a container that is removed meanwhile as gone, whatever is asked of it', async () => {
    const victim = await lab.victim();
    await victim.remove();
    const { containers, evidence } = engine;
    const calls = [
      () => containers.inspect(victim.id),
      () => containers.start(victim.id),
      () => containers.stop(victim.id),
      () => containers.restart(victim.id),
      () => containers.kill(victim.id),
      () => containers.pause(victim.id),
      () => containers.unpause(victim.id),
      () => containers.throttle(victim.id, { cpus: 1 }),
      () => evidence.logs(victim.id),
      () => evidence.diff(victim.id),
      () => evidence.top(victim.id),
    ];
    for (const call of calls) {
      expect(await call().then(() => 'done', isGone)).toBe(true);
    }
  });

  it('throttles a container that had no limits, and takes them back as far as the engine lets it', async () => {
    const victim = await lab.victim();
    const former = await engine.containers.throttle(victim.id, {
      cpus: 0.25,
      pidsLimit: 50,
      memoryBytes: 64 * 2 ** 20,
    });
    expect(former).toMatchObject({ nanoCpus: 0, cpuQuotaMicros: 0, memoryBytes: 0, pidsLimit: 0 });
    expect((await engine.containers.inspect(victim.id)).limits).toMatchObject({
      cpuQuotaMicros: 25_000,
      cpuPeriodMicros: 100_000,
      memoryBytes: 64 * 2 ** 20,
      memorySwapBytes: 64 * 2 ** 20,
      pidsLimit: 50,
    });
    await engine.containers.unthrottle(victim.id, former);
    const { memoryBytes: hostMemoryBytes } = await engine.info();
    expect((await engine.containers.inspect(victim.id)).limits).toMatchObject({
      cpuQuotaMicros: -1,
      memoryBytes: hostMemoryBytes,
      memorySwapBytes: hostMemoryBytes * 2,
      pidsLimit: 0,
    });
  });

  it('throttles a container that was limited with --cpus, and gives it the same limit back', async () => {
    const victim = await lab.victim({ nanoCpus: 1_500_000_000 });
    const former = await engine.containers.throttle(victim.id, { cpus: 0.1 });
    expect((await engine.containers.inspect(victim.id)).limits.nanoCpus).toBe(100_000_000);
    await engine.containers.unthrottle(victim.id, former);
    expect((await engine.containers.inspect(victim.id)).limits).toEqual(former);
  });
});
