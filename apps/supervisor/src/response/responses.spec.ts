import { type ActionName, ForgeError, type MitigationRequested } from '@sentinel-forge/contracts';
import type { ContainerSnapshot, NetworkMode } from '@sentinel-forge/docker';
import fc from 'fast-check';
import type { Fate } from '../testing/life.js';
import { type RequestWish, requestFor, testOrigin } from '../testing/requests.js';
import { SimulatedEngine } from '../testing/simulated-engine.js';
import { SimulatedWorld } from '../testing/simulated-world.js';
import { isFinal } from './in-force.js';

const victim = { id: 'v'.repeat(64), name: 'victim' };
const optedIn = { 'forge.respond': 'true' };
const hourMs = 3_600_000;

function worldWith(state: 'running' | 'paused' | 'exited' = 'running'): SimulatedWorld {
  const world = new SimulatedWorld();
  world.engine.add({ ...victim, labels: optedIn, networks: ['front', 'back'], state });
  return world;
}

describe('responses', () => {
  it('has one set of Docker calls and one of each event, killed however often, wherever, in the whole life of a mitigation', async () => {
    const fate = fc.record<Fate>({
      atContact: fc.integer({ min: 1, max: 25 }),
      when: fc.constantFrom('before', 'after'),
    });
    const action = fc.constantFrom<ActionName>('isolate', 'quarantine', 'pause', 'stop', 'kill', 'throttle', 'restart');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fate, { maxLength: 6 }),
        action,
        fc.constantFrom('running', 'paused', 'exited'),
        async (fates, name, state) => {
          const world = worldWith(state as 'running');
          const before = world.engine.see(victim.id);
          const request = requestFor({
            target: victim,
            action: name,
            ttlMs: hourMs,
            requestedAt: new Date(world.nowMs).toISOString(),
          });
          for (const one of fates) {
            const mortal = await world.supervise({ fate: one });
            void mortal.accept(request, testOrigin);
            await world.settle();
            // Some fates wait at the release.
            await world.pass(hourMs / 4);
            world.kill();
          }
          const last = await world.supervise();
          await last.accept(request, testOrigin);
          await world.settle();
          await world.pass(hourMs);
          await world.pass(hourMs);
          await world.settle();
          world.kill();
          const after = world.engine.see(victim.id);
          expect(await world.record(request.mitigationId)).toMatchObject({ unsaid: [] });
          expect(isFinal((await world.record(request.mitigationId)) as never)).toBe(true);
          expect(after?.networks.map(({ networkName }) => networkName).sort()).toEqual(['back', 'front']);
          expect(after?.limits).toEqual(before?.limits);
          expect(after?.state).toBe(before?.state === 'paused' && name === 'restart' ? 'running' : before?.state);
          const calls = world.engine.callsOn(victim.id);
          expect(calls.filter((call) => call === 'detach').length).toBeLessThanOrEqual(2);
          expect(calls.filter((call) => call === 'attach').length).toBeLessThanOrEqual(2);
          for (const once of ['restart', 'stop', 'kill', 'start', 'throttle', 'unthrottle']) {
            expect(calls.filter((call) => call === once).length).toBeLessThanOrEqual(1);
          }
          const sayings = world.events.sayingsOf(request.mitigationId);
          expect(sayings).toEqual(name === 'restart' ? ['applied'] : ['applied', 'released']);
        },
      ),
      { numRuns: 400 },
    );
  }, 120_000);

  it('says what is true after it was killed, although nobody asks again', async () => {
    const fates = fc.record<Fate>({
      atContact: fc.integer({ min: 1, max: 40 }),
      when: fc.constantFrom('before', 'after'),
    });
    await fc.assert(
      fc.asyncProperty(
        fates,
        fc.constantFrom<ActionName>('isolate', 'restart'),
        fc.boolean(),
        async (fate, action, isOut) => {
          const world = new SimulatedWorld();
          world.engine.add({ ...victim, labels: isOut ? {} : optedIn, networks: ['front'] });
          const request = fresh(world, { target: victim, action, ttlMs: hourMs });
          const killed = await world.supervise({ fate });
          void killed.accept(request, testOrigin);
          await world.settle();
          await world.pass(hourMs);
          world.kill();
          if ((await world.record(request.mitigationId)) === undefined) {
            return;
          }
          await world.supervise();
          await world.settle();
          await world.pass(10 * hourMs);
          world.kill();
          const said = isOut ? ['rejected'] : action === 'restart' ? ['applied'] : ['applied', 'released'];
          expect(world.events.sayingsOf(request.mitigationId)).toEqual(said);
        },
      ),
      { numRuns: 200 },
    );
  }, 60_000);

  it('has one set of Docker calls when two processes get the same request at the same moment', async () => {
    const delays = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 40, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(delays, fc.constantFrom<ActionName>('isolate', 'stop', 'restart'), async (turns, action) => {
        const world = worldWith();
        let contact = 0;
        world.engine.before = async () => {
          for (let turn = turns[contact++ % turns.length] ?? 0; turn > 0; turn--) {
            await new Promise((resolve) => setImmediate(resolve));
          }
        };
        const one = await world.supervise({ policy: { instance: 'one' } });
        const other = await world.supervise({ policy: { instance: 'other' } });
        await world.settle();
        const request = fresh(world, { target: victim, action, ttlMs: hourMs });
        await Promise.all([one, other, one, other].map((supervisor) => supervisor.accept(request, testOrigin)));
        await world.settle();
        await world.pass(hourMs);
        await world.pass(10 * hourMs);
        world.kill();
        const calls = world.engine.callsOn(victim.id);
        const once = {
          isolate: ['detach', 'detach', 'restart', 'attach', 'attach'],
          stop: ['stop', 'start'],
          restart: ['restart'],
        };
        expect(calls).toEqual(once[action as 'isolate']);
        expect(world.events.sayingsOf(request.mitigationId)).toEqual(
          action === 'restart' ? ['applied'] : ['applied', 'released'],
        );
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  it('waits for the lease of a process that may still be acting, then takes over', async () => {
    const world = worldWith();
    const request = fresh(world, { target: victim, ttlMs: 10 * hourMs });
    world.engine.before = async ({ call }) => {
      if (call === 'detach') {
        await new Promise(() => undefined);
      }
    };
    const hanging = await world.supervise({ policy: { instance: 'hanging' } });
    await hanging.accept(request, testOrigin);
    await world.settle();
    world.kill();
    world.engine.before = async () => undefined;
    await world.supervise({ policy: { instance: 'another' } });
    await world.settle();
    expect(world.engine.calls).toEqual([]);
    await world.pass(5 * 60_000);
    expect(world.engine.callsOn(victim.id)).toEqual(['detach', 'detach']);
    expect((await world.record(request.mitigationId))?.state).toBe('applied');
    world.kill();
  });

  it('lets the later end win among joined mitigations, and ends them all with the one that holds', async () => {
    const ttls = fc.array(fc.integer({ min: 1_000, max: 100_000 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(ttls, async (ttlsMs) => {
        const world = worldWith();
        const supervisor = await world.supervise();
        const requests = ttlsMs.map((ttlMs, index) => fresh(world, { target: victim, ttlMs, eventId: `e-${index}` }));
        for (const request of requests) {
          await supervisor.accept(request, testOrigin);
        }
        await world.settle();
        await world.pass(Math.max(...ttlsMs) - 1);
        expect(world.engine.see(victim.id)?.networks).toEqual([]);
        await world.pass(1);
        world.kill();
        expect(world.engine.see(victim.id)?.networks).toHaveLength(2);
        expect(world.engine.callsOn(victim.id)).toEqual(['detach', 'detach', 'restart', 'attach', 'attach']);
        for (const { mitigationId } of requests) {
          expect(world.events.sayingsOf(mitigationId)).toEqual(['applied', 'released']);
        }
        expect(world.events.of(requests.at(-1)?.mitigationId ?? '')[0]?.data.joined).toBe(
          requests.length === 1 ? undefined : requests[0]?.mitigationId,
        );
      }),
      { numRuns: 50 },
    );
  });

  it('ends, after any requests in any order, with everything as it was', async () => {
    const wish = fc.record({
      action: fc.constantFrom<ActionName>(
        'throttle',
        'pause',
        'isolate',
        'quarantine',
        'stop',
        'snapshot',
        'notify',
        'restart',
      ),
      ttlMs: fc.integer({ min: 1_000, max: 60_000 }),
      passMs: fc.integer({ min: 0, max: 40_000 }),
      isReleased: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(wish, { minLength: 1, maxLength: 8 }),
        fc.constantFrom<readonly string[]>(['front', 'back'], []),
        async (wishes, networks) => {
          const world = new SimulatedWorld();
          const networkMode = { kind: networks.length === 0 ? 'host' : 'network', name: 'front' } as NetworkMode;
          world.engine.add({ ...victim, labels: optedIn, networks, networkMode });
          const ids = await play(world, wishes);
          const after = world.engine.see(victim.id);
          expect(after).toMatchObject({ state: 'running', limits: { nanoCpus: 0 } });
          expect(after?.networks.map(({ networkName }) => networkName).sort()).toEqual([...networks].sort());
          for (const id of ids) {
            const record = await world.record(id);
            expect(record !== undefined && isFinal(record)).toBe(true);
            expect(['released', 'applied']).toContain(record?.state);
            expect(world.events.sayingsOf(id).filter((saying) => saying === 'applied')).toHaveLength(1);
          }
        },
      ),
      { numRuns: 300 },
    );
  }, 120_000);

  it('never connects a container in between when a stronger mitigation takes the place of a weaker one', async () => {
    const world = worldWith();
    const supervisor = await world.supervise();
    await supervisor.accept(fresh(world, { target: victim, ttlMs: hourMs, eventId: 'e-1' }), testOrigin);
    await world.settle();
    await supervisor.accept(
      fresh(world, { target: victim, action: 'quarantine', ttlMs: 1_000, eventId: 'e-2' }),
      testOrigin,
    );
    await world.settle();
    expect(world.engine.callsOn(victim.id)).toEqual(['detach', 'detach']);
    await world.pass(hourMs - 1);
    expect(world.engine.callsOn(victim.id)).toEqual(['detach', 'detach']);
    await world.pass(1);
    world.kill();
    expect(world.engine.callsOn(victim.id)).toEqual(['detach', 'detach', 'restart', 'attach', 'attach']);
  });

  it('gives back nothing that a stronger mitigation is about to take over, although its own time is over', async () => {
    const world = worldWith();
    const supervisor = await world.supervise();
    await supervisor.accept(fresh(world, { target: victim, ttlMs: 1_000, eventId: 'e-1' }), testOrigin);
    await world.settle();
    let refusals = 3;
    world.engine.before = async ({ call }) => {
      if (call === 'stop' && refusals-- > 0) {
        throw new ForgeError('FORGE_DOCKER_FAILED', 'not yet');
      }
    };
    const stop = fresh(world, { target: victim, action: 'stop', ttlMs: hourMs, eventId: 'e-2' });
    await supervisor.accept(stop, testOrigin);
    for (let second = 0; second < 30; second++) {
      await world.pass(1_000);
    }
    expect(world.engine.callsOn(victim.id)).toEqual(['detach', 'detach', 'stop']);
    await world.pass(hourMs);
    world.kill();
    expect(world.engine.see(victim.id)).toMatchObject({ state: 'running', networks: [{}, {}] });
  });

  it('restarts what is throttled, and leaves it throttled', async () => {
    const world = worldWith();
    const supervisor = await world.supervise();
    const throttle = fresh(world, { target: victim, action: 'throttle', ttlMs: hourMs, eventId: 'e-1' });
    await supervisor.accept(throttle, testOrigin);
    await world.settle();
    await supervisor.accept(fresh(world, { target: victim, action: 'restart', eventId: 'e-2' }), testOrigin);
    await world.settle();
    expect(world.engine.callsOn(victim.id)).toEqual(['throttle', 'restart']);
    expect((await world.record(throttle.mitigationId))?.state).toBe('applied');
    await world.pass(hourMs);
    world.kill();
    expect(world.engine.callsOn(victim.id)).toEqual(['throttle', 'restart', 'unthrottle']);
  });

  it('gives back all networks although a restart was asked for while one of them could not be had', async () => {
    const world = worldWith();
    let isTaken = true;
    world.engine.before = async (call) => {
      if (isTaken && call.call === 'attach' && call.attachment.networkName === 'back') {
        throw new ForgeError('FORGE_DOCKER_ADDRESS_IN_USE', 'somebody has its address');
      }
    };
    const supervisor = await world.supervise();
    const isolate = fresh(world, { target: victim, ttlMs: hourMs, eventId: 'e-1' });
    await supervisor.accept(isolate, testOrigin);
    await world.settle();
    await world.pass(hourMs);
    expect((await world.record(isolate.mitigationId))?.state).toBe('releasing');
    await supervisor.accept(fresh(world, { target: victim, action: 'restart', eventId: 'e-2' }), testOrigin);
    await world.settle();
    isTaken = false;
    await world.pass(hourMs);
    world.kill();
    expect(world.engine.see(victim.id)?.networks).toHaveLength(2);
    expect((await world.record(isolate.mitigationId))?.state).toBe('released');
  });

  it('does not lengthen what is asked for by the end of one that a person has released already', async () => {
    const world = worldWith();
    let isTaken = true;
    world.engine.before = async ({ call }) => {
      if (isTaken && call === 'attach') {
        throw new ForgeError('FORGE_DOCKER_ADDRESS_IN_USE', 'somebody has its address');
      }
    };
    const supervisor = await world.supervise();
    const held = fresh(world, { target: victim, action: 'quarantine', hold: true, eventId: 'e-1' });
    await supervisor.accept(held, testOrigin);
    await world.settle();
    await supervisor.release(held.mitigationId, 'operator');
    await world.settle();
    const anew = fresh(world, { target: victim, ttlMs: hourMs, eventId: 'e-2' });
    await supervisor.accept(anew, testOrigin);
    await world.settle();
    isTaken = false;
    await world.pass(hourMs);
    world.kill();
    expect((await world.record(anew.mitigationId))?.state).toBe('released');
    expect(world.engine.see(victim.id)?.networks).toHaveLength(2);
  });

  it('leaves stopped what a person stopped while it was paused', async () => {
    for (const networkMode of [undefined, { kind: 'host' } as NetworkMode]) {
      const world = new SimulatedWorld();
      const place = networkMode === undefined ? { networks: ['front'] } : { networkMode };
      world.engine.add({ ...victim, labels: optedIn, ...place });
      const supervisor = await world.supervise();
      const action = networkMode === undefined ? 'pause' : 'isolate';
      await supervisor.accept(fresh(world, { target: victim, action, ttlMs: hourMs }), testOrigin);
      await world.settle();
      expect(world.engine.see(victim.id)?.state).toBe('paused');
      world.engine.change(victim.id, { state: 'exited' });
      await world.pass(hourMs);
      world.kill();
      expect(world.engine.see(victim.id)?.state).toBe('exited');
    }
  });

  it('asks nobody to approve again what is only made anew', async () => {
    const world = worldWith();
    const supervisor = await world.supervise({ policy: { approvalFor: ['isolate'] } });
    const request = fresh(world, { target: victim, ttlMs: hourMs });
    await supervisor.accept(request, testOrigin);
    await world.settle();
    await supervisor.approve(request.mitigationId, 'alice');
    await world.settle();
    world.engine.remove(victim.id);
    const anew = { id: 'n'.repeat(64), name: victim.name };
    world.engine.add({ ...anew, labels: optedIn, networks: ['front'] });
    supervisor.onContainer(world.engine.see(anew.id) as ContainerSnapshot);
    await world.settle();
    world.kill();
    expect(world.engine.see(anew.id)?.networks).toEqual([]);
  });

  it('brings into force again what escaped, and tells each time as an event of its own', async () => {
    const world = worldWith();
    const supervisor = await world.supervise();
    const request = fresh(world, { target: victim, ttlMs: hourMs });
    await supervisor.accept(request, testOrigin);
    await world.settle();
    const connected = new SimulatedEngine();
    connected.add({ ...victim, networks: ['front'] });
    for (let time = 1; time <= 2; time++) {
      world.engine.change(victim.id, { networks: connected.see(victim.id)?.networks ?? [] });
      supervisor.onEvent({
        kind: 'network',
        action: 'connect',
        networkId: 'front',
        networkName: 'front',
        containerId: victim.id,
        timeMs: 0,
      });
      await world.settle();
      expect(world.engine.see(victim.id)?.networks).toEqual([]);
    }
    world.kill();
    expect(world.events.sayingsOf(request.mitigationId)).toEqual(['applied', 'applied', 'applied']);
    expect(world.events.of(request.mitigationId).at(-1)?.data.reason).toMatch(/escaped.*on front/);
  });

  it('holds a container that was made anew under the same name, for the rest of the time', async () => {
    const world = worldWith();
    const supervisor = await world.supervise();
    const request = fresh(world, { target: victim, ttlMs: hourMs });
    await supervisor.accept(request, testOrigin);
    await world.settle();
    await world.pass(hourMs / 2);
    world.engine.remove(victim.id);
    const anew = { id: 'n'.repeat(64), name: victim.name };
    world.engine.add({ ...anew, labels: optedIn, networks: ['front'] });
    supervisor.onContainer(world.engine.see(anew.id) as ContainerSnapshot);
    await world.settle();
    expect(world.engine.see(anew.id)?.networks).toEqual([]);
    expect(supervisor.inForceOn(anew.id)).toMatchObject({ succeeds: request.mitigationId });
    expect((await world.record(request.mitigationId))?.state).toBe('released');
    await world.pass(hourMs / 2);
    world.kill();
    expect(world.engine.see(anew.id)?.networks).toHaveLength(1);
  });

  it('gives back what could only be done in part, and says that it failed once', async () => {
    const world = worldWith();
    world.engine.before = async (call) => {
      if (call.call === 'detach' && call.networkName === 'back') {
        throw new ForgeError('FORGE_DOCKER_FAILED', 'the driver does not answer');
      }
    };
    const supervisor = await world.supervise();
    const request = fresh(world, { target: victim, ttlMs: hourMs });
    await supervisor.accept(request, testOrigin);
    for (let second = 0; second < 60; second++) {
      await world.pass(1_000);
    }
    world.kill();
    expect((await world.record(request.mitigationId))?.state).toBe('failed');
    expect(world.engine.see(victim.id)?.networks).toHaveLength(2);
    expect(world.events.sayingsOf(request.mitigationId)).toEqual(['failed']);
  });

  it('waits for an engine that is away for as long as it is, and counts it as no failure', async () => {
    const world = worldWith();
    let isAway = true;
    world.engine.before = async ({ call }) => {
      if (isAway && call !== 'read') {
        throw new ForgeError('FORGE_DOCKER_UNAVAILABLE', 'nobody listens');
      }
    };
    const supervisor = await world.supervise();
    const request = fresh(world, { target: victim, ttlMs: 24 * hourMs });
    await supervisor.accept(request, testOrigin);
    for (let minute = 0; minute < 30; minute++) {
      await world.pass(60_000);
    }
    expect(world.events.sayingsOf(request.mitigationId)).toEqual([]);
    isAway = false;
    await world.pass(60_000);
    world.kill();
    expect((await world.record(request.mitigationId))?.state).toBe('applied');
  });

  it('starts what an engine that died in the middle of a restart started, and lost', async () => {
    const world = worldWith();
    let isKilled = false;
    world.engine.before = async ({ call }) => {
      if (call === 'restart' && !isKilled) {
        isKilled = true;
        world.engine.change(victim.id, { state: 'exited', exitCode: 255, startedAt: '2026-01-02T00:00:00.000000001Z' });
        throw new ForgeError('FORGE_DOCKER_UNAVAILABLE', 'socket hang up');
      }
    };
    const supervisor = await world.supervise();
    const request = fresh(world, { target: victim, action: 'restart' });
    await supervisor.accept(request, testOrigin);
    await world.settle();
    await world.pass(hourMs);
    world.kill();
    expect(world.engine.see(victim.id)?.state).toBe('running');
    expect(world.engine.callsOn(victim.id)).toEqual(['start']);
    expect(world.events.sayingsOf(request.mitigationId)).toEqual(['applied']);
  });

  it('leaves alone what ran to its good end after a restart', async () => {
    const world = worldWith();
    world.engine.before = async ({ call }) => {
      if (call === 'read' && world.engine.callsOn(victim.id).length > 0) {
        world.engine.change(victim.id, { state: 'exited', exitCode: 0 });
      }
    };
    const supervisor = await world.supervise();
    const request = fresh(world, { target: victim, action: 'restart' });
    await supervisor.accept(request, testOrigin);
    await world.settle();
    await world.pass(hourMs);
    world.kill();
    expect(world.engine.callsOn(victim.id)).toEqual(['restart']);
    expect(world.events.sayingsOf(request.mitigationId)).toEqual(['applied']);
  });

  it('restarts a container once for each restart that was asked for, also for what waits until the engine is back', async () => {
    const world = worldWith();
    let refusals = 1;
    world.engine.before = async ({ call }) => {
      if (call === 'restart' && refusals > 0) {
        refusals -= 1;
        throw new ForgeError('FORGE_DOCKER_UNAVAILABLE', 'nobody listens');
      }
    };
    const supervisor = await world.supervise();
    const requests = ['e-1', 'e-2', 'e-3'].map((eventId) =>
      fresh(world, { target: victim, action: 'restart', eventId }),
    );
    for (const request of requests) {
      await supervisor.accept(request, testOrigin);
      await world.settle();
    }
    await world.pass(hourMs);
    world.kill();
    expect(world.engine.callsOn(victim.id).filter((call) => call === 'restart')).toHaveLength(3);
    for (const { mitigationId } of requests) {
      expect(world.events.sayingsOf(mitigationId)).toEqual(['applied']);
    }
  });

  it('does everything but act when simulated, and lists the calls', async () => {
    const world = worldWith();
    const supervisor = await world.supervise();
    const request = fresh(world, { target: victim, ttlMs: hourMs, simulated: true });
    await supervisor.accept(request, testOrigin);
    await world.settle();
    world.kill();
    expect(world.engine.calls).toEqual([]);
    expect(world.events.of(request.mitigationId)[0]?.data).toMatchObject({
      simulated: true,
      calls: [
        expect.stringContaining('/networks/front/disconnect'),
        expect.stringContaining('/networks/back/disconnect'),
      ],
    });
  });

  it('carries out nothing new while paused, releases what is due, and goes on with what came in meanwhile', async () => {
    const world = worldWith();
    const other = { id: 'o'.repeat(64), name: 'other' };
    world.engine.add({ ...other, labels: optedIn, networks: ['front'] });
    const supervisor = await world.supervise();
    await supervisor.accept(fresh(world, { target: victim, ttlMs: hourMs }), testOrigin);
    await world.settle();
    await supervisor.setPaused(true, 'operator', 'a false alarm');
    const waiting = fresh(world, { target: other, ttlMs: 10 * hourMs });
    await supervisor.accept(waiting, testOrigin);
    await world.pass(hourMs);
    expect(world.engine.see(victim.id)?.networks).toHaveLength(2);
    expect(world.engine.callsOn(other.id)).toEqual([]);
    await supervisor.setPaused(false, 'operator');
    await world.settle();
    world.kill();
    expect(world.engine.callsOn(other.id)).toEqual(['detach']);
  });

  it('carries out what needs approval when it is approved, and nothing that nobody approved in time', async () => {
    for (const isApproved of [true, false]) {
      const world = worldWith();
      const supervisor = await world.supervise();
      const request = fresh(world, { target: victim, action: 'stop', needsApproval: true });
      await supervisor.accept(request, testOrigin);
      await world.settle();
      expect(world.engine.calls).toEqual([]);
      expect(world.events.sayingsOf(request.mitigationId)).toEqual(['self']);
      if (isApproved) {
        await supervisor.approve(request.mitigationId.slice(0, 10), 'alice');
        await world.settle();
      }
      await world.pass(2 * hourMs);
      world.kill();
      expect(world.engine.callsOn(victim.id)).toEqual(isApproved ? ['stop'] : []);
      expect(world.events.sayingsOf(request.mitigationId)).toEqual(
        isApproved ? ['self', 'approved', 'applied'] : ['self', 'rejected'],
      );
      await expect(supervisor.approve(request.mitigationId, 'bob')).rejects.toMatchObject({
        code: 'FORGE_MITIGATION_STATE',
      });
    }
  });

  it('holds at most as many containers as the guards allow, however many requests come at once', async () => {
    const world = new SimulatedWorld();
    const targets = Array.from({ length: 20 }, (_, index) => ({
      id: String(index).padStart(64, '0'),
      name: `web-${index}`,
    }));
    for (const target of targets) {
      world.engine.add({ ...target, labels: optedIn, networks: ['front'] });
    }
    const supervisor = await world.supervise({ policy: { minContained: 1, maxContainedPercent: 25 } });
    await world.settle();
    const requests = targets.map((target) => fresh(world, { target, ttlMs: hourMs }));
    await Promise.all(requests.map((request) => supervisor.accept(request, testOrigin)));
    await world.settle();
    world.kill();
    const isolated = targets.filter(({ id }) => world.engine.see(id)?.networks.length === 0);
    expect(isolated).toHaveLength(5);
    const rejected = world.events.events.filter(({ saying }) => saying === 'rejected');
    expect(rejected).toHaveLength(15);
    expect(rejected[0]?.data.reason).toMatch(/SUPERVISOR_MAX_CONTAINED_PERCENT/);
  });

  it('releases everything that is held although one of it ends by itself at that moment', async () => {
    const world = worldWith();
    const other = { id: 'o'.repeat(64), name: 'other' };
    world.engine.add({ ...other, labels: optedIn, networks: ['front'] });
    const supervisor = await world.supervise();
    const ending = fresh(world, { target: victim, ttlMs: hourMs });
    await supervisor.accept(ending, testOrigin);
    await supervisor.accept(fresh(world, { target: other, ttlMs: 2 * hourMs }), testOrigin);
    await world.settle();
    world.nowMs += hourMs;
    supervisor.tick();
    const released = await supervisor.releaseAll('operator');
    await world.settle();
    world.kill();
    expect(released.map(({ request }) => request.target.name)).toEqual(['other']);
    expect(world.engine.see(victim.id)?.networks).toHaveLength(2);
    expect(world.engine.see(other.id)?.networks).toHaveLength(1);
  });

  it('refuses what came to this host and is meant for a container of another, and puts nothing on record', async () => {
    const world = worldWith();
    const supervisor = await world.supervise();
    const request = fresh(world, { target: { ...victim, host: 'elsewhere' } });
    await expect(supervisor.accept(request, testOrigin)).rejects.toMatchObject({ code: 'FORGE_EVENT_INVALID' });
    await world.settle();
    world.kill();
    expect(await world.record(request.mitigationId)).toBeUndefined();
    expect(world.engine.calls).toEqual([]);
  });

  it('lets no slow container hold up another', async () => {
    const world = worldWith();
    const other = { id: 'o'.repeat(64), name: 'other' };
    world.engine.add({ ...other, labels: optedIn, networks: ['front'] });
    world.engine.before = async (call) => {
      if (call.call === 'stop' && call.id === victim.id) {
        await new Promise(() => undefined);
      }
    };
    const supervisor = await world.supervise();
    await supervisor.accept(fresh(world, { target: victim, action: 'stop' }), testOrigin);
    await supervisor.accept(fresh(world, { target: other }), testOrigin);
    await world.settle();
    world.kill();
    expect(world.engine.see(other.id)?.networks).toEqual([]);
  });
});

function fresh(world: SimulatedWorld, wish: RequestWish): MitigationRequested {
  return requestFor({ requestedAt: new Date(world.nowMs).toISOString(), ...wish });
}

interface Wish {
  readonly action: ActionName;
  readonly ttlMs: number;
  readonly passMs: number;
  readonly isReleased: boolean;
}

/** Asks for one after the other, releases some by hand, and waits until all of it is over. */
async function play(world: SimulatedWorld, wishes: readonly Wish[]): Promise<readonly string[]> {
  const supervisor = await world.supervise();
  const ids: string[] = [];
  for (const [index, { action, ttlMs, passMs, isReleased }] of wishes.entries()) {
    const request = fresh(world, { target: victim, action, ttlMs, eventId: `e-${index}` });
    ids.push(request.mitigationId);
    await supervisor.accept(request, testOrigin);
    await world.settle();
    if (isReleased) {
      await supervisor.release(request.mitigationId, 'operator').catch(() => undefined);
      await world.settle();
    }
    await world.pass(passMs);
  }
  for (let minute = 0; minute < 12; minute++) {
    await world.pass(60_000);
  }
  world.kill();
  return ids;
}
