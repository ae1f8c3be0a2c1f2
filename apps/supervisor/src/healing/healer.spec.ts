import { ForgeError } from '@sentinel-forge/contracts';
import fc from 'fast-check';
import type { Fate } from '../testing/life.js';
import { SimulatedHealing } from '../testing/simulated-healing.js';
import { defaultHealingPolicy } from './healing-policy.js';

const id = 'c'.repeat(64);
const healed = { autoheal: 'true' };

function unhealthyWorld(): SimulatedHealing {
  const world = new SimulatedHealing();
  world.engine.healthAfterStart = 'healthy';
  world.engine.add({ id, name: 'web', labels: healed, health: 'unhealthy' });
  return world;
}

describe('the healer', () => {
  it('restarts what is unhealthy once, and tells each thing once, killed however often and wherever', async () => {
    const fate = fc.record<Fate>({
      atContact: fc.integer({ min: 1, max: 20 }),
      when: fc.constantFrom('before', 'after'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { maxLength: 6 }), async (fates) => {
        const world = unhealthyWorld();
        for (const one of fates) {
          await world.heal({ fate: one });
          await world.pass(100);
          world.kill();
        }
        await world.heal();
        await world.pass(1_000);
        await world.pass(5_000);
        world.kill();
        expect(world.engine.callsOn(id)).toEqual(['restart']);
        expect(world.health.of(id)).toEqual(['unhealthy', 'restarted', 'healthy']);
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it('restarts once what two processes find unhealthy at the same moment', async () => {
    const world = unhealthyWorld();
    await Promise.all([world.heal({ instance: 'one' }), world.heal({ instance: 'other' })]);
    world.tell('health_status', id, { health: 'unhealthy' });
    await world.settle();
    world.kill();
    expect(world.engine.callsOn(id)).toEqual(['restart']);
  });

  it('looks once at each container, however many events come at once', async () => {
    const world = new SimulatedHealing();
    const ids = Array.from({ length: 100 }, (_, index) => String(index).padStart(64, '0'));
    for (const one of ids) {
      world.engine.add({ id: one, labels: healed });
    }
    await world.heal();
    let reads = 0;
    world.engine.before = async () => {
      reads += 1;
    };
    for (let event = 0; event < 10_000; event++) {
      world.tell('health_status', ids[event % ids.length] ?? '', { health: 'healthy' });
    }
    await world.settle();
    world.kill();
    expect(reads).toBeLessThanOrEqual(2 * ids.length);
  });

  it('starts what was killed when no stop came within the grace period, and not before', async () => {
    const world = new SimulatedHealing();
    world.engine.add({ id, labels: healed });
    await world.heal();
    world.tell('kill', id, { signal: '9' });
    world.engine.change(id, { state: 'exited', exitCode: 137 });
    world.tell('die', id, { exitCode: 137 });
    await world.pass(defaultHealingPolicy.deathGraceMs - 1);
    expect(world.engine.calls).toEqual([]);
    await world.pass(1);
    world.kill();
    expect(world.engine.callsOn(id)).toEqual(['start']);
  });

  it('leaves what was stopped, when the stop comes late, when it was looked at in between, and after being killed itself', async () => {
    const world = new SimulatedHealing();
    world.engine.add({ id, labels: healed });
    await world.heal();
    world.tell('kill', id, { signal: '15' });
    world.engine.change(id, { state: 'exited', exitCode: 137 });
    world.tell('die', id, { exitCode: 137 });
    await world.pass(defaultHealingPolicy.deathGraceMs - 1);
    world.tell('stop', id);
    await world.pass(1_000);
    await world.pass(10_000);
    expect((await world.store.get(`testhost.${id}`))?.value.wish).toBe('stopped');
    world.kill();
    await world.heal();
    await world.pass(60_000);
    world.kill();
    expect(world.engine.calls).toEqual([]);
  });

  it('does not take what it saw before a stop for what is so after it', async () => {
    const world = new SimulatedHealing();
    world.engine.add({ id, labels: healed });
    await world.heal();
    // The answer "running" is on its way when the stop is heard.
    world.engine.before = async ({ call }) => {
      if (call === 'read' && world.engine.see(id)?.state === 'running') {
        world.engine.before = async () => undefined;
        queueMicrotask(() => {
          world.engine.change(id, { state: 'exited', exitCode: 137 });
          world.tell('die', id, { exitCode: 137 });
          world.tell('stop', id);
        });
      }
    };
    world.tell('health_status', id, { health: 'healthy' });
    await world.settle();
    await world.pass(1_000);
    await world.pass(60_000);
    world.kill();
    expect(world.engine.calls).toEqual([]);
  });

  it('starts again what an engine that shut down had stopped, but not what a person had stopped before', async () => {
    const world = new SimulatedHealing();
    const byHand = 'h'.repeat(64);
    world.engine.add({ id, labels: healed });
    world.engine.add({ id: byHand, labels: healed });
    const healer = await world.heal();
    const end = (one: string): void => {
      world.tell('kill', one, { signal: '15' });
      world.engine.change(one, { state: 'exited', exitCode: 0 });
      world.tell('die', one, { exitCode: 0 });
      world.tell('stop', one);
    };
    end(byHand);
    await world.pass(1_500);
    end(id);
    await world.pass(1_000);
    healer.onAway();
    await world.settle();
    healer.onResync();
    await world.settle();
    await world.pass(1_000);
    await world.pass(60_000);
    world.kill();
    expect(world.engine.callsOn(id)).toEqual(['start']);
    expect(world.engine.callsOn(byHand)).toEqual([]);
  });

  it('knows of a stop that it heard a moment before it was killed itself', async () => {
    const world = new SimulatedHealing();
    world.engine.add({ id, labels: healed });
    await world.heal();
    world.tell('kill', id, { signal: '15' });
    world.engine.change(id, { state: 'exited', exitCode: 143 });
    world.tell('die', id, { exitCode: 143 });
    world.tell('stop', id);
    await world.settle();
    world.kill();
    await world.heal();
    await world.pass(1_000);
    await world.pass(60_000);
    world.kill();
    expect(world.engine.calls).toEqual([]);
  });

  it('gives what was paused the time for a check of its own before it takes it for unhealthy', async () => {
    const world = unhealthyWorld();
    world.engine.change(id, { state: 'paused' });
    await world.heal();
    world.engine.change(id, { state: 'running' });
    world.tell('unpause', id);
    await world.settle();
    await world.pass(defaultHealingPolicy.unpauseGraceMs - 1);
    expect(world.engine.calls).toEqual([]);
    await world.pass(1);
    world.kill();
    expect(world.engine.callsOn(id)).toEqual(['restart']);
  });

  it('does not restart what somebody is just stopping, and does when it lives on', async () => {
    const world = unhealthyWorld();
    world.engine.change(id, { health: 'healthy' });
    await world.heal();
    world.tell('kill', id, { signal: '15' });
    world.engine.change(id, { health: 'unhealthy' });
    world.tell('health_status', id, { health: 'unhealthy' });
    await world.settle();
    await world.pass(20_000);
    expect(world.engine.calls).toEqual([]);
    await world.pass(10_000);
    world.kill();
    expect(world.engine.callsOn(id)).toEqual(['restart']);
  });

  it.each([
    ['starts what an engine that was killed stopped when it was started anew', true],
    ['leaves what a person stopped while the engine was not heard, and starts what was killed then', false],
  ])('%s', async (_title, isEngine) => {
    const world = new SimulatedHealing();
    const other = 'd'.repeat(64);
    for (const one of [id, other]) {
      world.engine.add({ id: one, labels: healed });
    }
    const healer = await world.heal();
    healer.onAway();
    for (const one of [id, other]) {
      world.engine.change(one, { state: 'exited', exitCode: 137 });
    }
    await world.pass(5_000);
    healer.onResync();
    for (const one of isEngine ? [id, other] : [id]) {
      world.tell('kill', one, { signal: '15' });
      world.tell('die', one, { exitCode: 137 });
      world.tell('stop', one);
    }
    world.tell('die', other, { exitCode: 137 });
    await world.settle();
    await world.pass(500);
    await world.pass(10_000);
    world.kill();
    expect(world.engine.callsOn(id)).toEqual(isEngine ? ['start'] : []);
    expect(world.engine.callsOn(other)).toEqual(['start']);
  });

  it('heals while its store and the streams are away, and has everything on record and told when they are back', async () => {
    const world = unhealthyWorld();
    world.engine.change(id, { health: 'healthy' });
    await world.heal();
    const away = async (): Promise<never> => {
      throw new ForgeError('FORGE_NATS_UNAVAILABLE', 'nobody answers');
    };
    const { store, health } = world;
    const real = {
      create: store.create.bind(store),
      update: store.update.bind(store),
      publish: health.publish.bind(health),
    };
    Object.assign(store, { create: away, update: away });
    Object.assign(health, { publish: away });
    world.engine.change(id, { health: 'unhealthy' });
    world.tell('health_status', id, { health: 'unhealthy' });
    await world.settle();
    expect(world.engine.callsOn(id)).toEqual(['restart']);
    Object.assign(store, { create: real.create, update: real.update });
    Object.assign(health, { publish: real.publish });
    for (let second = 0; second < 10; second++) {
      await world.pass(1_500);
    }
    world.kill();
    expect(world.engine.callsOn(id)).toEqual(['restart']);
    expect(health.of(id)).toEqual(['unhealthy', 'restarted', 'healthy']);
    expect((await store.get(`testhost.${id}`))?.value).toMatchObject({ attempts: 1, unsaid: [] });
  });

  it('takes its own change for no news, when it is told of it before its store has answered', async () => {
    const world = unhealthyWorld();
    const healer = await world.heal();
    for (let minute = 0; minute < 60; minute++) {
      world.engine.change(id, { health: 'unhealthy' });
      world.tell('health_status', id, { health: 'unhealthy' });
      await world.pass(120_000);
    }
    world.kill();
    expect(healer.list()[0]?.said).toBe(world.health.of(id).length);
  });

  it('forgets what was removed while it was away', async () => {
    const world = unhealthyWorld();
    await world.heal();
    await world.settle();
    world.kill();
    expect(await world.store.get(`testhost.${id}`)).toBeDefined();
    world.engine.remove(id);
    const healer = await world.heal();
    for (let poll = 0; poll < 3; poll++) {
      await world.pass(defaultHealingPolicy.intervalMs);
    }
    world.kill();
    expect(await world.store.get(`testhost.${id}`)).toBeUndefined();
    expect(healer.list()).toEqual([]);
  });

  it('stops restarting a group that is unhealthy as a whole, tells that once, and tries one of it at times', async () => {
    const world = new SimulatedHealing();
    const ids = Array.from({ length: 8 }, (_, index) => String(index).padStart(64, '0'));
    world.engine.healthAfterStart = 'unhealthy';
    for (const one of ids) {
      world.engine.add({ id: one, labels: healed, health: 'unhealthy' });
    }
    await world.heal({ policy: { intervalMs: 1_000, startPeriodMs: 1_000 } });
    for (const one of ids) {
      world.tell('health_status', one, { health: 'unhealthy' });
    }
    for (let second = 0; second < 2 * 60; second++) {
      await world.pass(1_000);
    }
    expect(world.engine.calls).toEqual([]);
    for (let second = 0; second < 5 * 60; second++) {
      await world.pass(1_000);
    }
    world.kill();
    expect(world.engine.calls.length).toBeGreaterThanOrEqual(1);
    expect(world.engine.calls.length).toBeLessThanOrEqual(2);
    expect([...world.health.selves.values()].map(({ what }) => what)).toEqual(['breaker-opened']);
  });
});
