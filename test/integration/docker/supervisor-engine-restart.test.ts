import { DockerLab, requireDocker, type Victim, waitFor } from '@sentinel-forge/testing';
import { PrivateEngine, whyNoPrivateEngine } from '../../support/private-engine.js';
import { SupervisorBench } from './supervisor-bench.js';

const describeWithDocker = await requireDocker();
const reason = await whyNoPrivateEngine();
if (reason !== undefined && process.env.REQUIRE_ALL === '1') {
  throw new Error(`an engine of our own is needed (REQUIRE_ALL=1): ${reason}`);
}
if (reason !== undefined) {
  process.stderr.write(`skipped: these tests restart an engine of their own: ${reason}\n`);
}
const describeWithEngine = reason === undefined ? describeWithDocker : describeWithDocker.skip;

const policies = ['no', 'always', 'unless-stopped', 'on-failure'] as const;
const healed = { healed: 'true', 'autoheal.stop.timeout': '0' };

describeWithEngine('an engine that restarts', () => {
  let engine: PrivateEngine;
  let lab: DockerLab;
  const sharedHost = process.env.DOCKER_HOST;

  beforeAll(async () => {
    engine = await PrivateEngine.start();
    // Everything in this file means this engine.
    process.env.DOCKER_HOST = engine.dockerHost;
    lab = await DockerLab.open();
  }, 120_000);
  afterEach(async () => {
    await engine.stop();
    await engine.start();
    await lab.close();
  }, 60_000);
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    if (sharedHost === undefined) {
      delete process.env.DOCKER_HOST;
    } else {
      process.env.DOCKER_HOST = sharedHost;
    }
  }, 60_000);

  const stateOf = async (victim: Victim): Promise<string> => (await victim.inspect()).State.Status;

  async function openBench(victims: readonly Victim[]): Promise<SupervisorBench> {
    const bench = await SupervisorBench.open({}, { label: 'healed' });
    await waitFor(
      () => victims.every(({ id }) => bench.healer.list().some((one) => one.id === id && one.wish === 'running')),
      {
        description: 'the containers to be known as wanted',
      },
    );
    return bench;
  }

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'by %s has everything running again that ran, under every restart policy, and nothing that a person had stopped',
    async (signal) => {
      const running = await Promise.all(
        policies.map((restartPolicy) => lab.victim({ labels: healed, restartPolicy, networkMode: 'none' })),
      );
      const stopped = await lab.victim({ labels: healed, networkMode: 'none' });
      await using bench = await openBench([...running, stopped]);
      await stopped.container.stop({ t: 0 });
      await waitFor(() => bench.healer.list().some(({ id, wish }) => id === stopped.id && wish === 'stopped'), {
        description: 'the stop to be known',
      });
      await engine.stop(signal);
      await engine.start();
      await waitFor(async () => (await Promise.all(running.map(stateOf))).every((state) => state === 'running'), {
        description: 'all of them to run again',
        timeoutMs: 20_000,
      });
      expect(await stateOf(stopped)).toBe('exited');
    },
    120_000,
  );

  it('takes the stop of one container a moment before for what it was: a wish', async () => {
    const [kept, stopped] = [
      await lab.victim({ labels: healed, networkMode: 'none' }),
      await lab.victim({ labels: healed, networkMode: 'none' }),
    ];
    await using _ = await openBench([kept, stopped]);
    await stopped.container.stop({ t: 0 });
    await waitFor(async () => (await stateOf(stopped)) === 'exited', { description: 'it to be stopped' });
    await engine.stop();
    await engine.start();
    await waitFor(async () => (await stateOf(kept)) === 'running', {
      description: 'the other one to run again',
      timeoutMs: 20_000,
    });
    expect(await stateOf(stopped)).toBe('exited');
  }, 120_000);
});
