import { readdir, readFile } from 'node:fs/promises';
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
const optedIn = { 'forge.respond': 'true' };

describeWithDocker('responses on a real engine', () => {
  let lab: DockerLab;
  let shared: LabNetwork;

  beforeAll(async () => {
    lab = await DockerLab.open();
    shared = await lab.network();
  }, 60_000);
  afterAll(() => lab.close());

  /** On a network of the lab's own: the default bridge belongs to everybody. */
  const victimOf = (options: VictimOptions = {}): Promise<Victim> => {
    const isPlaced = options.networks !== undefined || options.networkMode !== undefined;
    return lab.victim(isPlaced ? options : { ...options, networks: [{ network: shared }] });
  };

  it('isolates, verified from both sides, and gives back networks, aliases and static address, with no old session alive', async () => {
    await using bench = await SupervisorBench.open();
    const fixed = await lab.network({ hasFixedSubnet: true });
    const dynamic = await lab.network();
    const victim = await victimOf({
      labels: optedIn,
      echoPort: 7,
      networks: [
        { network: fixed, ipv4Address: fixed.address(50), aliases: ['shop'] },
        { network: dynamic, aliases: ['shop-inside'] },
      ],
    });
    const sibling = await victimOf({ networks: [{ network: fixed }, { network: dynamic }] });
    await waitFor(() => sibling.reaches('shop', 7), { description: 'the victim to answer' });
    using session = await sibling.openSession('shop', 7);
    session.send('before\n');
    await waitFor(() => session.received.includes('before'), { description: 'the session to carry data' });

    const request = requestFor({ target: victim, ttlMs: 3_600_000 });
    await bench.ask(request);
    const applied = await bench.inState(request.mitigationId, 'applied');
    expect(applied.contained).toBe('isolated');
    expect((await victim.inspect()).NetworkSettings.Networks).toEqual({});
    expect((await victim.inspect()).State.Running).toBe(true);
    expect(await sibling.reaches(fixed.address(50), 7)).toBe(false);
    session.send('while isolated\n');

    await bench.responses.release(request.mitigationId, 'operator');
    await bench.inState(request.mitigationId, 'released');
    const { Networks } = (await victim.inspect()).NetworkSettings;
    expect(Object.keys(Networks).sort()).toEqual([fixed.name, dynamic.name].sort());
    expect(Networks[fixed.name]?.IPAddress).toBe(fixed.address(50));
    expect(Networks[fixed.name]?.Aliases).toContain('shop');
    expect(Networks[dynamic.name]?.Aliases).toContain('shop-inside');
    await waitFor(() => sibling.reaches('shop-inside', 7), { description: 'the victim to answer again' });
    expect(session.received).not.toContain('while isolated');
    expect(bench.events.sayingsOf(request.mitigationId)).toEqual(['applied', 'released']);
  }, 60_000);

  it('makes one set of Docker calls for a request that is delivered a hundred times', async () => {
    await using bench = await SupervisorBench.open();
    const network = await lab.network();
    const victim = await victimOf({ labels: optedIn, networks: [{ network }] });
    const request = requestFor({ target: victim, ttlMs: 3_600_000 });
    await Promise.all(Array.from({ length: 100 }, () => bench.ask(request)));
    await bench.inState(request.mitigationId, 'applied');
    await bench.ask(request);
    expect(bench.changes).toEqual([`POST /networks/${network.id}/disconnect`]);
    expect(bench.events.sayingsOf(request.mitigationId)).toEqual(['applied']);
  }, 60_000);

  it.each(['host', 'container'])(
    'pauses what is in the %s network, says why, and lets no process of before run again',
    async (kind) => {
      await using bench = await SupervisorBench.open();
      const owner = await victimOf();
      const victim = await victimOf({
        labels: optedIn,
        networkMode: kind === 'host' ? 'host' : `container:${owner.id}`,
        // Whoever lets it see a SIGTERM lets it run on, with every connection that it has.
        command: ['sh', '-c', 'trap "echo ran on" TERM; echo up; while :; do sleep 0.05; done'],
      });
      const request = requestFor({ target: victim, action: 'quarantine', ttlMs: 3_600_000 });
      await bench.ask(request);
      const applied = await bench.inState(request.mitigationId, 'applied');
      expect(applied.contained).toBe('paused');
      expect(applied.containedBecause).toMatch(/network of/);
      expect((await victim.inspect()).State.Status).toBe('paused');
      expect(await readdir(join(bench.folder, request.mitigationId))).toEqual(['snapshot.json']);

      await bench.responses.release(request.mitigationId, 'operator');
      const released = await bench.inState(request.mitigationId, 'released');
      expect((await victim.inspect()).State.Status).toBe('running');
      const calls = released.calls.map((call) => call.replace(/^POST \/containers\/[0-9a-f]+/, ''));
      expect(calls.filter((call) => call.startsWith('/'))).toEqual(['/pause', '/kill?signal=SIGKILL', '/start']);
      const log = await waitFor(
        async () => {
          const text = (await victim.container.logs({ stdout: true })).toString();
          return text.split('up').length === 3 && text;
        },
        { description: 'the new process to be up' },
      );
      expect(log).not.toContain('ran on');
    },
    60_000,
  );

  it('releases at the time to live what was isolated by a supervisor that was dead at that time', async () => {
    await using bench = await SupervisorBench.open();
    const network = await lab.network();
    const victim = await victimOf({ labels: optedIn, networks: [{ network }] });
    const request = requestFor({ target: victim, ttlMs: 1_000 });
    await bench.ask(request);
    const { until } = await bench.inState(request.mitigationId, 'applied');
    await bench.stop();
    await waitFor(() => Date.now() > Date.parse(until ?? ''), { description: 'the time to live to pass' });
    expect((await victim.inspect()).NetworkSettings.Networks).toEqual({});
    await bench.start();
    await bench.inState(request.mitigationId, 'released');
    expect(await victim.addressOn(network)).toBeDefined();
  }, 60_000);

  it('contains again what is connected, unpaused or made anew by hand', async () => {
    await using bench = await SupervisorBench.open();
    const network = await lab.network();
    const victim = await victimOf({ labels: optedIn, networks: [{ network }] });
    const request = requestFor({ target: victim, ttlMs: 3_600_000 });
    await bench.ask(request);
    await bench.inState(request.mitigationId, 'applied');

    await network.attach(victim.id);
    await waitFor(async () => (await bench.store.get(request.mitigationId))?.value.escapes === 1, {
      description: 'the escape to be seen',
    });
    await bench.inState(request.mitigationId, 'applied');
    expect((await victim.inspect()).NetworkSettings.Networks).toEqual({});

    await victim.container.restart({ t: 0 });
    expect((await victim.inspect()).NetworkSettings.Networks).toEqual({});

    await victim.remove();
    const successor = await victimOf({ name: victim.name, labels: optedIn, networks: [{ network }] });
    await waitFor(async () => Object.keys((await successor.inspect()).NetworkSettings.Networks).length === 0, {
      description: 'the new container to be isolated',
    });
    const next = await waitFor(() => bench.responses.inForceOn(successor.id), { description: 'a record of it' });
    expect(next).toMatchObject({ sender: 'supervisor', succeeds: request.mitigationId });
    await bench.inState(request.mitigationId, 'released');
  }, 60_000);

  it('unfreezes nothing for whoever unpauses a paused container by hand', async () => {
    await using bench = await SupervisorBench.open();
    const victim = await victimOf({ labels: optedIn, networkMode: 'host' });
    const request = requestFor({ target: victim, action: 'isolate', ttlMs: 3_600_000 });
    await bench.ask(request);
    await bench.inState(request.mitigationId, 'applied');
    await victim.container.unpause();
    await waitFor(async () => (await victim.inspect()).State.Paused, { description: 'it to be paused again' });
  }, 60_000);

  it('goes from isolate to quarantine with no moment on the network, and back to how it was before both', async () => {
    await using bench = await SupervisorBench.open();
    const network = await lab.network();
    const victim = await victimOf({ labels: optedIn, networks: [{ network }] });
    const isolate = requestFor({ target: victim, ttlMs: 3_600_000 });
    await bench.ask(isolate);
    await bench.inState(isolate.mitigationId, 'applied');
    const quarantine = requestFor({ target: victim, action: 'quarantine', ttlMs: 60_000 });
    await bench.ask(quarantine);
    const upgraded = await bench.inState(quarantine.mitigationId, 'applied');
    await bench.inState(isolate.mitigationId, 'released');
    expect(bench.changes).toEqual([`POST /networks/${network.id}/disconnect`]);
    // The later end wins.
    expect(Date.parse(upgraded.until ?? '') - Date.now()).toBeGreaterThan(3_000_000);
    const snapshot = JSON.parse(await readFile(join(bench.folder, quarantine.mitigationId, 'snapshot.json'), 'utf8'));
    expect(snapshot.container.id).toBe(victim.id);
    await bench.responses.release(quarantine.mitigationId, 'operator');
    await bench.inState(quarantine.mitigationId, 'released');
    expect(await victim.addressOn(network)).toBeDefined();
  }, 60_000);

  it('retries a static address that another container took, tells once, and never takes another', async () => {
    await using bench = await SupervisorBench.open();
    const fixed = await lab.network({ hasFixedSubnet: true });
    const dynamic = await lab.network();
    const victim = await victimOf({
      labels: optedIn,
      networks: [{ network: fixed, ipv4Address: fixed.address(60) }, { network: dynamic }],
    });
    const request = requestFor({ target: victim, ttlMs: 3_600_000 });
    await bench.ask(request);
    await bench.inState(request.mitigationId, 'applied');
    const thief = await victimOf({ networks: [{ network: fixed, ipv4Address: fixed.address(60) }] });
    await bench.responses.release(request.mitigationId, 'operator');
    await waitFor(() => bench.events.sayingsOf(request.mitigationId).includes('failed'), {
      description: 'the trouble to be told',
    });
    await waitFor(() => victim.addressOn(dynamic), { description: 'the other network to be back' });
    await waitFor(async () => ((await bench.store.get(request.mitigationId))?.value.failures ?? 0) >= 2, {
      description: 'a second try',
    });
    expect(await victim.addressOn(fixed)).toBeUndefined();
    await thief.remove();
    await bench.inState(request.mitigationId, 'released', 30_000);
    expect(await victim.addressOn(fixed)).toBe(fixed.address(60));
    expect(bench.events.sayingsOf(request.mitigationId)).toEqual(['applied', 'failed', 'released']);
    const restarts = bench.changes.filter((line) => line.includes('/restart'));
    expect(restarts).toHaveLength(1);
  }, 60_000);

  it('touches nothing that is not opted in, is protected, or is not there', async () => {
    await using bench = await SupervisorBench.open();
    const plain = await victimOf();
    const guarded = await victimOf({ labels: { ...optedIn, 'forge.protect': 'true' } });
    const missing = { id: 'f'.repeat(64), name: 'nobody' };
    for (const target of [plain, guarded, missing]) {
      const request = requestFor({ target, ttlMs: 3_600_000 });
      await bench.ask(request);
      const rejected = await bench.inState(request.mitigationId, 'rejected');
      expect(rejected.history.at(-1)?.reason).toMatch(/forge\.respond=true|forge\.protect=true|docker ps/);
    }
    expect(bench.changes).toEqual([]);
  }, 60_000);

  it('keeps stopped what did not run, and stopped what a person stopped meanwhile', async () => {
    await using bench = await SupervisorBench.open();
    const network = await lab.network();
    const idle = await victimOf({ labels: optedIn, networks: [{ network }], isStarted: false });
    const stopped = await victimOf({ labels: optedIn, networks: [{ network }] });
    for (const target of [idle, stopped]) {
      const request = requestFor({ target, ttlMs: 3_600_000 });
      await bench.ask(request);
      await bench.inState(request.mitigationId, 'applied');
      await target.container.stop({ t: 0 }).catch(() => undefined);
      expect((await target.inspect()).NetworkSettings.Networks).toEqual({});
      await bench.responses.release(request.mitigationId, 'operator');
      await bench.inState(request.mitigationId, 'released');
      expect((await target.inspect()).State.Running).toBe(false);
      expect(Object.keys((await target.inspect()).NetworkSettings.Networks)).toEqual([network.name]);
    }
  }, 60_000);

  it('contains a container that crashes all the time, and lets it crash on afterwards', async () => {
    await using bench = await SupervisorBench.open();
    const network = await lab.network();
    const victim = await victimOf({
      labels: optedIn,
      networks: [{ network }],
      restartPolicy: 'always',
      command: ['sh', '-c', 'sleep 0.3; exit 3'],
    });
    await waitFor(async () => (await victim.inspect()).State.Status === 'restarting', { description: 'a crash' });
    const request = requestFor({ target: victim, ttlMs: 3_600_000 });
    await bench.ask(request);
    await bench.inState(request.mitigationId, 'applied');
    expect((await victim.inspect()).NetworkSettings.Networks).toEqual({});
    await bench.responses.release(request.mitigationId, 'operator');
    await bench.inState(request.mitigationId, 'released');
    expect(Object.keys((await victim.inspect()).NetworkSettings.Networks)).toEqual([network.name]);
  }, 60_000);

  it('restarts, throttles, pauses, stops and kills, and gives back what can be given back', async () => {
    await using bench = await SupervisorBench.open();
    const victim = await victimOf({ labels: optedIn, nanoCpus: 1e9 });
    const startedBefore = (await victim.inspect()).State.StartedAt;
    const restart = requestFor({ target: victim, action: 'restart', parameters: { stopTimeoutSeconds: 1 } });
    await bench.ask(restart);
    await bench.inState(restart.mitigationId, 'applied');
    expect((await victim.inspect()).State.StartedAt).not.toBe(startedBefore);

    const throttle = requestFor({ target: victim, action: 'throttle', ttlMs: 3_600_000 });
    await bench.ask(throttle);
    await bench.inState(throttle.mitigationId, 'applied');
    expect((await victim.inspect()).HostConfig.NanoCpus).toBe(1e8);
    await bench.responses.release(throttle.mitigationId, 'operator');
    await bench.inState(throttle.mitigationId, 'released');
    expect((await victim.inspect()).HostConfig.NanoCpus).toBe(1e9);

    for (const [action, whileInForce] of [
      ['pause', 'paused'],
      ['stop', 'exited'],
      ['kill', 'exited'],
    ] as const) {
      const request = requestFor({ target: victim, action, ttlMs: 3_600_000 });
      await bench.ask(request);
      await bench.inState(request.mitigationId, 'applied');
      expect((await victim.inspect()).State.Status).toBe(whileInForce);
      await bench.responses.release(request.mitigationId, 'operator');
      await bench.inState(request.mitigationId, 'released');
      expect((await victim.inspect()).State.Status).toBe('running');
    }
  }, 90_000);
});
