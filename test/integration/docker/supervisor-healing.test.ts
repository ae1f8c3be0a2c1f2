import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DockerLab,
  type LabNetwork,
  requireDocker,
  type Victim,
  type VictimOptions,
  waitFor,
} from '@sentinel-forge/testing';
import { requestFor } from '../../../apps/supervisor/src/testing/requests.js';
import { SupervisorBench } from './supervisor-bench.js';

const describeWithDocker = await requireDocker();

describeWithDocker('healing on a real engine', () => {
  let lab: DockerLab;
  let shared: LabNetwork;
  // A label of each test's own: what else runs on this engine stays alone.
  let label: string;
  let healed: Readonly<Record<string, string>>;

  beforeAll(async () => {
    lab = await DockerLab.open();
    shared = await lab.network();
  }, 60_000);
  afterAll(() => lab.close());
  beforeEach(() => {
    label = lab.uniqueName('autoheal');
    healed = { [label]: 'true', 'autoheal.stop.timeout': '0' };
  });

  /** On a network of the lab's own: the default bridge belongs to everybody. */
  const victimOf = (options: VictimOptions = {}): Promise<Victim> => {
    const isPlaced = options.networks !== undefined || options.networkMode !== undefined;
    return lab.victim(isPlaced ? options : { ...options, networks: [{ network: shared }] });
  };

  const isRunning = async (victim: Victim): Promise<boolean> => (await victim.inspect()).State.Status === 'running';

  it('restarts what becomes unhealthy, having kept its log and inspection, and tells all of it', async () => {
    await using bench = await SupervisorBench.open({}, { label, stableMs: 1_000 });
    const victim = await victimOf({ labels: healed, hasHealthCheck: true });
    const { StartedAt } = (await victim.inspect()).State;
    await waitFor(async () => (await victim.inspect()).State.Health?.Status === 'healthy', {
      description: 'it to be healthy',
    });
    await victim.setHealthy(false);
    await waitFor(async () => (await victim.inspect()).State.StartedAt !== StartedAt, { description: 'a restart' });
    // The file that makes it unhealthy outlives the restart.
    await victim.setHealthy(true);
    await waitFor(() => bench.health.of(victim.id).includes('healthy'), { description: 'its recovery to be told' });
    expect(bench.health.of(victim.id).slice(0, 2)).toEqual(['unhealthy', 'restarted']);
    expect((await readdir(join(bench.folder, victim.id)))[0]).toMatch(/^restart-.*\.json$/);
  }, 60_000);

  it.each(['no', 'always', 'unless-stopped', 'on-failure'] as const)(
    'has what was killed running again under the restart policy "%s"',
    async (restartPolicy) => {
      await using bench = await SupervisorBench.open({}, { label });
      const victim = await victimOf({ labels: healed, restartPolicy });
      await waitFor(async () => (await bench.healings.get(`testhost.${victim.id}`)) !== undefined, {
        description: 'it to be known',
      });
      await victim.container.kill();
      await waitFor(() => isRunning(victim), { description: 'it to run again', timeoutMs: 10_000 });
    },
    60_000,
  );

  it('has what crashed running again, and leaves what has done its work', async () => {
    await using bench = await SupervisorBench.open({}, { label });
    const crashing = await victimOf({
      labels: healed,
      command: ['sh', '-c', 'test -e /tmp/once && exec sleep 1000; touch /tmp/once; sleep 0.5; exit 3'],
    });
    const done = await victimOf({ labels: healed, command: ['sh', '-c', 'sleep 0.5; exit 0'] });
    await waitFor(() => bench.health.of(crashing.id).includes('restarted'), { description: 'a start' });
    await waitFor(() => isRunning(crashing), { description: 'it to run again' });
    expect(await isRunning(done)).toBe(false);
    expect(bench.health.of(done.id)).toEqual([]);
  }, 60_000);

  it('leaves alone what was stopped by hand, is paused, opted out, or not opted in', async () => {
    await using _ = await SupervisorBench.open({}, { label, intervalMs: 200 });
    const stopped = await victimOf({ labels: healed, restartPolicy: 'always' });
    const paused = await victimOf({ labels: healed, hasHealthCheck: true });
    const out = await victimOf({ labels: { ...healed, autoheal: 'false' } });
    const foreign = await victimOf();
    const control = await victimOf({ labels: healed });
    await stopped.container.stop({ t: 0 });
    // Frozen, it answers no health check.
    await paused.container.pause();
    await out.container.kill();
    await foreign.container.kill();
    await waitFor(async () => (await paused.inspect()).State.Health?.Status === 'unhealthy', {
      description: 'the paused one to be unhealthy',
    });
    await control.container.kill();
    await waitFor(() => isRunning(control), { description: 'the control to run again' });
    const states = await Promise.all(
      [stopped, paused, out, foreign].map(async (one) => (await one.inspect()).State.Status),
    );
    expect(states).toEqual(['exited', 'paused', 'exited', 'exited']);
  }, 60_000);

  it('keeps its hands off what a mitigation holds', async () => {
    await using bench = await SupervisorBench.open({}, { label, intervalMs: 200 });
    const network = await lab.network();
    const victim = await victimOf({
      labels: { ...healed, 'forge.respond': 'true' },
      hasHealthCheck: true,
      networks: [{ network }],
    });
    const killed = await victimOf({ labels: { ...healed, 'forge.respond': 'true' } });
    const control = await victimOf({ labels: healed });
    for (const [target, action] of [
      [victim, 'isolate'],
      [killed, 'kill'],
    ] as const) {
      const request = requestFor({ target, action, ttlMs: 3_600_000 });
      await bench.ask(request);
      await bench.inState(request.mitigationId, 'applied');
    }
    await victim.setHealthy(false);
    const { StartedAt } = (await victim.inspect()).State;
    await waitFor(async () => (await victim.inspect()).State.Health?.Status === 'unhealthy', {
      description: 'it to be unhealthy',
    });
    await control.container.kill();
    await waitFor(() => isRunning(control), { description: 'the control to run again' });
    expect((await victim.inspect()).State.StartedAt).toBe(StartedAt);
    expect((await victim.inspect()).NetworkSettings.Networks).toEqual({});
    expect(await isRunning(killed)).toBe(false);
  }, 60_000);

  it('backs off from what is always unhealthy, gives it up, tells that once, and tries again when told to', async () => {
    await using bench = await SupervisorBench.open({}, { label, maxRestarts: 3, backoffBaseMs: 100, intervalMs: 100 });
    const victim = await victimOf({ labels: healed, hasHealthCheck: true });
    await victim.setHealthy(false);
    await waitFor(() => bench.health.of(victim.id).includes('gave-up'), {
      description: 'it to be given up',
      timeoutMs: 30_000,
    });
    expect(bench.health.of(victim.id)).toEqual(['unhealthy', 'restarted', 'restarted', 'restarted', 'gave-up']);
    await bench.healer.rearm(victim.name);
    await waitFor(() => bench.health.of(victim.id).filter((state) => state === 'restarted').length > 3, {
      description: 'another try',
    });
  }, 60_000);

  it('starts what died while it was away, but not what was known to be stopped, nor what it knows nothing of', async () => {
    await using bench = await SupervisorBench.open({}, { label });
    const [dead, stopped, survivor] = [
      await victimOf({ labels: healed }),
      await victimOf({ labels: healed }),
      await victimOf({ labels: healed }),
    ];
    await stopped.container.stop({ t: 0 });
    const wishOf = async (victim: Victim) => (await bench.healings.get(`testhost.${victim.id}`))?.value.wish;
    await waitFor(
      async () =>
        (await wishOf(dead)) === 'running' &&
        (await wishOf(survivor)) === 'running' &&
        (await wishOf(stopped)) === 'stopped',
      {
        description: 'the wishes to be known',
      },
    );
    await bench.stop();
    await dead.container.kill();
    const unknown = await victimOf({ labels: healed });
    await unknown.container.kill();
    await bench.start();
    await waitFor(() => isRunning(dead), { description: 'the dead one to run again' });
    await waitFor(() => bench.health.selves.size > 0, { description: 'the question about the unknown one' });
    expect([...bench.health.selves.values()][0]).toMatchObject({
      what: 'wish-unknown',
      detail: { containers: [unknown.name] },
    });
    expect(await isRunning(stopped)).toBe(false);
    expect(await isRunning(unknown)).toBe(false);
  }, 60_000);

  it('restarts after their parent what depends upon it and what shares its network, in order', async () => {
    await using bench = await SupervisorBench.open({}, { label });
    const compose = (service: string, dependsOn = ''): Record<string, string> => ({
      ...healed,
      'com.docker.compose.project': `shop-${lab.id}`,
      'com.docker.compose.service': service,
      'com.docker.compose.container-number': '1',
      'com.docker.compose.depends_on': dependsOn,
    });
    const database = await victimOf({ labels: compose('db'), hasHealthCheck: true });
    const web = await victimOf({ labels: compose('web', 'db:service_started:false') });
    const proxy = await victimOf({ labels: compose('proxy', 'web:service_started:false,db:service_started:false') });
    const sidecar = await victimOf({ labels: healed, networkMode: `container:${database.id}` });
    const startOf = async (victim: Victim) => (await victim.inspect()).State.StartedAt;
    const before = await Promise.all([web, proxy, sidecar].map(startOf));
    await waitFor(async () => (await database.inspect()).State.Health?.Status === 'healthy', {
      description: 'it to be healthy',
    });
    await database.setHealthy(false);
    await waitFor(() => bench.health.of(database.id).includes('restarted'), {
      description: 'the parent to be restarted',
    });
    await database.setHealthy(true);
    await waitFor(
      async () =>
        (await Promise.all([web, proxy, sidecar].map(startOf))).every((start, index) => start !== before[index]),
      { description: 'all of them to follow', timeoutMs: 20_000 },
    );
    const restarted = (): readonly unknown[] =>
      bench.health.events.filter(({ state }) => state === 'restarted').map(({ data }) => data.id);
    await waitFor(() => [web, proxy, sidecar].every(({ id }) => restarted().includes(id)), {
      description: 'all of it to be told',
    });
    const restarts = restarted();
    expect(restarts.filter((id) => id === proxy.id)).toHaveLength(1);
    expect(restarts.indexOf(web.id)).toBeLessThan(restarts.indexOf(proxy.id));
  }, 60_000);

  it('misses nothing when the engine goes away and comes back', async () => {
    await using bench = await SupervisorBench.open({}, { label });
    const victim = await victimOf({ labels: healed });
    const survivor = await victimOf({ labels: healed });
    await waitFor(
      async () =>
        (await bench.healings.get(`testhost.${victim.id}`)) !== undefined &&
        (await bench.healings.get(`testhost.${survivor.id}`)) !== undefined,
      { description: 'them to be known' },
    );
    await bench.proxy.cut();
    await victim.container.kill();
    await bench.proxy.mend();
    await waitFor(() => isRunning(victim), { description: 'it to run again', timeoutMs: 15_000 });
  }, 60_000);
});
