import { jest } from '@jest/globals';
import { DockerLab, requireDocker, type Victim, waitFor } from '@sentinel-forge/testing';
import { EmbeddedMeshProcess } from '../support/embedded-mesh-process.js';

// Each call is a process of its own, on a machine that may be busy.
jest.setTimeout(45_000);

const describeWithDocker = await requireDocker();

interface Shown {
  readonly id: string;
  readonly state: string;
  readonly action: string;
  readonly target: { readonly name: string };
  readonly history: ReadonlyArray<{ readonly state: string; readonly actor: string; readonly reason: string }>;
}

interface Step {
  readonly stage: string;
  readonly service: string;
}

/** A person at a terminal, from telemetry to a released container, on a real engine. */
describeWithDocker('forge, with a container that misbehaves', () => {
  let lab: DockerLab;
  let mesh: EmbeddedMeshProcess;
  let victim: Victim;

  beforeAll(async () => {
    lab = await DockerLab.open();
    victim = await lab.victim({ networks: [{ network: await lab.network() }], labels: { 'forge.respond': 'true' } });
    mesh = await EmbeddedMeshProcess.start();
    await waitFor(async () => (await mesh.forge('status', '--json')).code === 0, {
      description: 'every service to be up',
      timeoutMs: 15_000,
      intervalMs: 200,
    });
  }, 90_000);

  afterAll(async () => {
    await mesh?.[Symbol.asyncDispose]();
    await lab?.close();
  }, 30_000);

  async function json<T>(...args: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await mesh.forge(...args, '--json');
    if (code !== 0) {
      throw new Error(`forge ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    }
    return JSON.parse(stdout) as T;
  }

  async function mitigationIn(state: string): Promise<Shown> {
    return waitFor(
      async () =>
        (
          await json<{ readonly mitigations: readonly Shown[] }>(
            'mitigation',
            'list',
            '--container',
            victim.name,
            '--state',
            state,
          )
        ).mitigations[0],
      { description: `a mitigation that is ${state}`, timeoutMs: 20_000, intervalMs: 200 },
    );
  }

  const networksOf = async (): Promise<readonly string[]> =>
    Object.keys((await victim.inspect()).NetworkSettings.Networks);

  it('shows Docker among what is up', async () => {
    expect(await json<{ readonly docker: object }>('status')).toMatchObject({ docker: { isUp: true } });
  });

  it('sees a mitigation through: decided, in force, shown, traced, released by hand', async () => {
    const before = await networksOf();
    const { traceId, verdict } = await json<{ readonly traceId: string; readonly verdict: string }>(
      'defend',
      'process',
      '--severity',
      '10',
      '--container',
      victim.name,
      '--wait',
    );
    expect(verdict).toBe('quarantine');

    const { id } = await mitigationIn('applied');
    expect(await networksOf()).toEqual([]);
    const shown = await json<Shown>('mitigation', 'show', id.slice(0, 10));
    expect(shown).toMatchObject({
      id,
      state: 'applied',
      action: 'quarantine',
      target: { name: victim.name },
    });
    const text = await mesh.forge('mitigation', 'show', id);
    expect(text.stdout).toContain('What became of it:');

    for (const clue of [traceId, id, id.slice(0, 10)]) {
      const { steps } = await json<{ readonly steps: readonly Step[] }>('trace', clue, '--no-logs');
      expect(steps.map(({ stage }) => stage)).toEqual(
        expect.arrayContaining(['telemetry', 'score', 'request', 'act', 'verify']),
      );
      expect(steps.find(({ stage }) => stage === 'verify')?.service).toBe('supervisor');
    }

    expect((await mesh.forge('mitigation', 'release', id, '--reason', 'a test is over')).code).toBe(0);
    const released = await mitigationIn('released');
    expect(released.id).toBe(id);
    expect(await networksOf()).toEqual(before);
    const { history } = await json<Shown>('mitigation', 'show', id);
    expect(history.find(({ reason }) => reason.includes('a test is over'))).toMatchObject({ actor: 'operator' });
  }, 60_000);

  it('carries nothing new out while the one big switch is set, and goes on when it is taken back', async () => {
    await json('mitigation', 'pause', '--reason', 'a test');
    await json('defend', 'process', '--severity', '10', '--container', victim.name);
    const { id } = await mitigationIn('requested');
    expect((await networksOf()).length).toBeGreaterThan(0);
    await json('mitigation', 'resume');
    expect((await mitigationIn('applied')).id).toBe(id);
    expect((await mesh.forge('mitigation', 'release', '--all')).code).toBe(0);
    await waitFor(async () => (await networksOf()).length > 0, {
      description: 'the networks to be back',
      timeoutMs: 20_000,
    });
  }, 60_000);
});
