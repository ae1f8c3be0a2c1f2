import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningService } from '@sentinel-forge/chassis';
import { decodeEvent, type ForgeEvent, requests } from '@sentinel-forge/contracts';
import { followStreams, requestApp } from '@sentinel-forge/messaging';
import { service } from '@sentinel-forge/supervisor';
import {
  DockerLab,
  EngineProxy,
  requireDocker,
  type Victim,
  type VictimOptions,
  waitFor,
} from '@sentinel-forge/testing';
import { TestMesh } from '../../support/test-mesh.js';
import { testToken } from '../../support/tokens.js';

const describeWithDocker = await requireDocker();
const host = 'test-host';

/** A supervisor as it runs, on a mesh and an engine that can be taken from it. */
class Stage implements AsyncDisposable {
  private constructor(
    readonly mesh: TestMesh,
    readonly proxy: EngineProxy,
    readonly supervisor: RunningService,
    readonly label: string,
    private readonly folder: string,
  ) {}

  static async open(label: string, settings: Readonly<Record<string, string>> = {}): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'forge-supervisor-'));
    const [mesh, proxy] = [await TestMesh.open(host), await EngineProxy.start()];
    const supervisor = await mesh.start(service, {
      FORGE_DATA_DIR: folder,
      DOCKER_HOST: proxy.dockerHost,
      AUTOHEAL_CONTAINER_LABEL: label,
      // Nothing but what is heard makes the healer act.
      AUTOHEAL_INTERVAL: '3600',
      AUTOHEAL_BACKOFF: '0.1',
      ...settings,
    });
    await waitFor(() => supervisor.readiness().status === 'up', { description: 'supervisor to be ready' });
    return new Stage(mesh, proxy, supervisor, label, folder);
  }

  /** What was told of a container, in the order of the stream. */
  async told(containerId: string): Promise<readonly (ForgeEvent & { readonly state: string })[]> {
    const found: (ForgeEvent & { readonly state: string })[] = [];
    const options = {
      filters: ['health.container.>'],
      start: { kind: 'sequence', sequence: 1 },
      signal: new AbortController().signal,
      isLive: false,
    } as const;
    for await (const message of await followStreams(this.mesh.connection, options)) {
      const event = decodeEvent(message);
      if ((event.data as { readonly id: string }).id === containerId) {
        found.push({ ...event, state: message.subject.split('.').at(-1) ?? '' });
      }
    }
    return found;
  }

  async statesTold({ id }: Victim): Promise<readonly string[]> {
    return (await this.told(id)).map(({ state }) => state);
  }

  async get(path: string, token?: string): Promise<Response> {
    return fetch(
      `${this.supervisor.url}${path}`,
      token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    );
  }

  /** Resolves when the containers are on record as ones that somebody wants to run. */
  async knows(victims: readonly Victim[]): Promise<void> {
    const token = await testToken();
    await waitFor(
      async () => {
        const { containers } = (await (await this.get('/healing', token)).json()) as {
          containers: { id: string; wish: string }[];
        };
        return victims.every(({ id }) => containers.some((one) => one.id === id && one.wish === 'running'));
      },
      { description: 'the containers to be known', intervalMs: 100 },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mesh[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

describeWithDocker('supervisor, healing', () => {
  let lab: DockerLab;
  let count = 0;

  beforeAll(async () => {
    lab = await DockerLab.open();
  }, 60_000);
  afterAll(() => lab.close());

  const newLabel = (): string => {
    count += 1;
    return `heal-${lab.id}-${count}`;
  };
  const victimOf = (label: string, options: VictimOptions = {}): Promise<Victim> =>
    lab.victim({
      networkMode: 'none',
      ...options,
      labels: { [label]: 'true', 'autoheal.stop.timeout': '0', ...options.labels },
    });
  const healthOf = async (victim: Victim): Promise<string | undefined> => (await victim.inspect()).State.Health?.Status;
  const stateOf = async (victim: Victim): Promise<string> => (await victim.inspect()).State.Status;

  it('tells on the mesh what it found, what it did and what came of it, each once', async () => {
    const label = newLabel();
    await using stage = await Stage.open(label);
    const victim = await victimOf(label, { hasHealthCheck: true });
    await waitFor(async () => (await healthOf(victim)) === 'healthy', { description: 'it to be healthy' });
    await victim.setHealthy(false);
    await waitFor(async () => (await stage.statesTold(victim)).includes('restarted'), {
      description: 'the restart to be told',
    });
    await victim.setHealthy(true);
    await waitFor(async () => (await stage.statesTold(victim)).includes('healthy'), {
      description: 'the recovery to be told',
    });
    const told = await stage.told(victim.id);
    expect(told.map(({ state }) => state)).toEqual(['unhealthy', 'restarted', 'healthy']);
    expect(told[0]?.data).toMatchObject({
      id: victim.id,
      name: victim.name,
      reason: expect.stringContaining('health check'),
    });
    expect(told[1]?.data).toMatchObject({ attempt: 1 });
    expect(new Set(told.map(({ id }) => id)).size).toBe(3);
    const metrics = await (await stage.get('/metrics')).text();
    expect(metrics).toContain('forge_healing_restarts_total{how="restart",outcome="done"} 1');
    expect(metrics).toContain('forge_healing_reaction_seconds_count 1');
  }, 60_000);

  it('shows to whom may see it what it gave up, and tries that again when told to, over HTTP and over NATS', async () => {
    const label = newLabel();
    await using stage = await Stage.open(label, { AUTOHEAL_MAX_RESTARTS: '2' });
    const victim = await victimOf(label, { hasHealthCheck: true });
    await victim.setHealthy(false);
    await waitFor(async () => (await stage.statesTold(victim)).includes('gave-up'), {
      description: 'it to be given up',
      timeoutMs: 30_000,
    });
    expect((await stage.get('/healing')).status).toBe(401);
    expect((await stage.get('/healing', await testToken(['record:read']))).status).toBe(403);
    const token = await testToken();
    const listed = (await (await stage.get('/healing', token)).json()) as object;
    expect(listed).toMatchObject({
      containers: expect.arrayContaining([expect.objectContaining({ id: victim.id, condition: 'given-up' })]),
    });

    const rearm = (container: string): Promise<Response> =>
      fetch(`${stage.supervisor.url}/healing/rearm`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ container }),
      });
    expect((await rearm('nobody')).status).toBe(404);
    expect((await rearm(victim.name)).status).toBe(200);
    const gaveUps = async (): Promise<number> =>
      (await stage.statesTold(victim)).filter((state) => state === 'gave-up').length;
    await waitFor(async () => (await gaveUps()) === 2, { description: 'it to be given up again', timeoutMs: 30_000 });
    const options = { token, instance: host };
    expect(
      await requestApp(
        stage.mesh.connection,
        requests.rearmContainer,
        'supervisor',
        { container: victim.id.slice(0, 12) },
        options,
      ),
    ).toMatchObject({ name: victim.name });
    expect(await requestApp(stage.mesh.connection, requests.listHealing, 'supervisor', {}, options)).toMatchObject({
      containers: expect.arrayContaining([expect.objectContaining({ name: victim.name })]),
    });
    await waitFor(async () => (await gaveUps()) === 3, {
      description: 'it to be given up a third time',
      timeoutMs: 30_000,
    });
  }, 120_000);

  it('heals while NATS is away, and tells all of it when NATS is back', async () => {
    const label = newLabel();
    await using stage = await Stage.open(label);
    const [unhealthy, killed, stopped] = [
      await victimOf(label, { hasHealthCheck: true }),
      await victimOf(label),
      await victimOf(label),
    ];
    await stage.knows([unhealthy, killed, stopped]);
    await stage.mesh.nats.kill();
    const { StartedAt } = (await unhealthy.inspect()).State;
    await stopped.container.stop({ t: 0 });
    await unhealthy.setHealthy(false);
    await killed.container.kill();
    await waitFor(async () => (await unhealthy.inspect()).State.StartedAt !== StartedAt, {
      description: 'a restart',
      timeoutMs: 10_000,
    });
    await unhealthy.setHealthy(true);
    await waitFor(async () => (await stateOf(killed)) === 'running', {
      description: 'the killed one to run',
      timeoutMs: 10_000,
    });
    await stage.mesh.nats.restart();
    for (const victim of [unhealthy, killed]) {
      await waitFor(async () => (await stage.statesTold(victim)).includes('restarted'), {
        description: 'it to be told',
        timeoutMs: 30_000,
      });
    }
    expect((await stage.statesTold(killed)).slice(0, 2)).toEqual(['unhealthy', 'restarted']);
    expect(await stateOf(stopped)).toBe('exited');
  }, 120_000);

  it('restarts what is unhealthy with nothing but the event to go by', async () => {
    const label = newLabel();
    await using stage = await Stage.open(label);
    const victim = await victimOf(label, { hasHealthCheck: true });
    await stage.knows([victim]);
    const { StartedAt } = (await victim.inspect()).State;
    await victim.setHealthy(false);
    await waitFor(async () => (await victim.inspect()).State.StartedAt !== StartedAt, { description: 'its restart' });
    const metrics = await (await stage.get('/metrics')).text();
    expect(metrics).toMatch(/forge_healing_reaction_seconds_count 1\b/);
  }, 120_000);
});
