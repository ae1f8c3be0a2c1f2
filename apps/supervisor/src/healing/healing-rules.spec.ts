import type { ContainerEvent, ContainerSnapshot, ContainerSummary } from '@sentinel-forge/docker';
import fc from 'fast-check';
import { SimulatedEngine } from '../testing/simulated-engine.js';
import { computeRestartDelayMs } from './backoff.js';
import { judgeGroup } from './breaker.service.js';
import { decideToFollow, dependantsOf } from './dependants.service.js';
import { defaultHealingPolicy, type HealingPolicy } from './healing-policy.js';
import { isHealed, stopTimeoutOf } from './healing-scope.service.js';
import { lastLinesOf } from './last-lines.js';
import { wishOf } from './wish.service.js';

const policy: HealingPolicy = { ...defaultHealingPolicy, host: 'testhost', meshProject: 'forge' };

function event(action: ContainerEvent['action'], more: Partial<ContainerEvent> = {}): ContainerEvent {
  return { kind: 'container', action, containerId: 'c', containerName: 'web', attributes: {}, timeMs: 0, ...more };
}

function containerOf(id: string, change: Partial<ContainerSnapshot> = {}): ContainerSnapshot {
  const engine = new SimulatedEngine();
  engine.add({ id });
  return { ...(engine.see(id) as ContainerSnapshot), ...change };
}

describe('the backoff', () => {
  it('is none before the first restart, and never above its cap or its doubling ceiling', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.double({ min: 0, max: 0.999999, noNaN: true }), (attempts, jitter) => {
        const delayMs = computeRestartDelayMs(attempts, jitter, policy);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(policy.backoffCapMs);
        expect(delayMs).toBeLessThanOrEqual(attempts === 0 ? 0 : policy.backoffBaseMs * 2 ** (attempts - 1));
      }),
    );
  });

  it('uses the whole range, so that what failed together is not restarted together', () => {
    expect(computeRestartDelayMs(5, 0, policy)).toBe(0);
    expect(computeRestartDelayMs(5, 0.5, policy)).toBe((policy.backoffBaseMs * 16) / 2);
  });
});

describe('the wish', () => {
  it('is told by stops and starts, never by kills, and never by what the supervisor does itself', () => {
    const heard = (one: ContainerEvent, facts = {}) => wishOf(one, { isOwnAct: false, wasSignalled: false, ...facts });
    expect(heard(event('start'))).toBe('running');
    expect(heard(event('stop'))).toBe('stopped');
    expect(heard(event('kill', { signal: '9' }))).toBeUndefined();
    expect(heard(event('die', { exitCode: 137 }))).toBeUndefined();
    expect(heard(event('stop'), { isOwnAct: true })).toBeUndefined();
  });

  it('is taken from an end with exit code 0 only where no signal had asked for it', () => {
    const facts = { isOwnAct: false, wasSignalled: false };
    expect(wishOf(event('die', { exitCode: 0 }), facts)).toBe('stopped');
    expect(wishOf(event('die', { exitCode: 0 }), { ...facts, wasSignalled: true })).toBeUndefined();
  });
});

describe('the scope of healing', () => {
  it('is what docker-autoheal takes, and the mesh, and never what says no', () => {
    const label = fc.constantFrom('autoheal', 'all', 'keep-alive');
    const value = fc.constantFrom('true', 'false', undefined);
    fc.assert(
      fc.property(
        label,
        value,
        value,
        fc.constantFrom('forge', 'shop', undefined),
        (setting, autoheal, keepAlive, project) => {
          const given = { autoheal, 'keep-alive': keepAlive };
          const labels = Object.fromEntries(
            Object.entries(given).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
          );
          const compose = project && { compose: { project, service: 'web', number: 1, dependsOn: [] } };
          const own = setting === 'keep-alive' ? keepAlive : autoheal;
          const saysNo = [autoheal, own].includes('false');
          const expected = !saysNo && (setting === 'all' || own === 'true' || project === 'forge');
          expect(isHealed({ id: 'c', labels, ...(compose || {}) }, { ...policy, label: setting })).toBe(expected);
        },
      ),
    );
  });

  it('never takes the container that the healer lives in', () => {
    expect(isHealed({ id: 'abcdef', labels: { autoheal: 'true' } }, { ...policy, ownContainerId: 'abc' })).toBe(false);
  });

  it('reads the stop timeout from the label, and passes over what is no number', () => {
    expect(stopTimeoutOf({ labels: { 'autoheal.stop.timeout': '20' } }, policy)).toBe(20);
    for (const text of ['', 'soon', '-1', '1.5']) {
      expect(stopTimeoutOf({ labels: { 'autoheal.stop.timeout': text } }, policy)).toBe(10);
    }
  });
});

describe('the breaker of a group', () => {
  it('opens when most of a group is unhealthy at once, and only then', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), (unhealthy, healthy) => {
        const size = unhealthy + healthy;
        const isOpen = judgeGroup({ unhealthy, size }, undefined, policy, 0) !== undefined;
        expect(isOpen).toBe(unhealthy >= policy.breakerMinUnhealthy && unhealthy > size / 2);
      }),
    );
  });

  it('keeps the time of its probe while it is open', () => {
    const open = judgeGroup({ unhealthy: 5, size: 5 }, undefined, policy, 1_000);
    expect(judgeGroup({ unhealthy: 5, size: 5 }, open, policy, 100_000)).toEqual({
      probeAtMs: 1_000 + policy.breakerProbeMs,
    });
  });
});

describe('dependants', () => {
  const inProject = (service: string, dependsOn: readonly string[] = []): Partial<ContainerSummary> => ({
    compose: {
      project: 'shop',
      service,
      number: 1,
      dependsOn: dependsOn.map((name) => ({ service: name, condition: 'service_healthy', isRestartedWith: false })),
    },
  });
  const database = containerOf('db', inProject('db'));

  it('are those that depend upon a container or share its network, and run', () => {
    const web = containerOf('web', inProject('web', ['db']));
    const sidecar = containerOf('sidecar', { networkMode: { kind: 'container', containerId: 'db' } });
    const stopped = containerOf('stopped', { ...inProject('job', ['db']), state: 'exited' });
    const elsewhere = containerOf('other', {
      compose: { ...inProject('web', ['db']).compose, project: 'blog' } as never,
    });
    expect(dependantsOf(database, [database, web, sidecar, stopped, elsewhere], 'all').map(({ id }) => id)).toEqual([
      'web',
      'sidecar',
    ]);
    expect(dependantsOf(database, [database, web, sidecar], 'declared').map(({ id }) => id)).toEqual(['sidecar']);
  });

  it('wait for what they depend upon to be healthy, and follow once', () => {
    const child = containerOf('web', { startedAt: '2026-01-01T00:00:00Z' });
    const following = { parentId: 'db', parentName: 'db', mustBeHealthy: true, since: '2026-01-01T00:01:00Z' };
    const nowMs = Date.parse('2026-01-01T00:01:10Z');
    const decide = (parent: ContainerSnapshot | undefined, more = {}) =>
      decideToFollow(child, following, {
        parent,
        isAnotherDependencyPending: false,
        timeoutMs: 120_000,
        nowMs,
        ...more,
      });
    const restarted = { ...database, startedAt: '2026-01-01T00:01:00Z' };
    expect(decide({ ...restarted, health: 'starting' })).toBe('wait');
    expect(decide({ ...restarted, health: 'healthy' })).toBe('restart');
    expect(decide({ ...restarted, health: 'healthy' }, { isAnotherDependencyPending: true })).toBe('wait');
    expect(decide({ ...restarted, health: 'starting' }, { nowMs: nowMs + 120_000 })).toBe('drop');
    expect(decide({ ...database, startedAt: '2025-12-31T00:00:00Z' })).toBe('drop');
    expect(decide(undefined)).toBe('drop');
  });
});

describe('the last lines of a log', () => {
  it('are cut to what an event may carry, and empty where there is no log', () => {
    expect(lastLinesOf({ entries: [{ text: 'one\ntwo\n' }, { text: 'three\n' }] }, 2)).toBe('two\nthree');
    expect(lastLinesOf({ entries: [{ text: 'x'.repeat(10_000) }] }, 5)).toHaveLength(2_000);
    expect(lastLinesOf(undefined, 5)).toBe('');
  });
});
