import type { ContainerSnapshot } from '@sentinel-forge/docker';
import fc from 'fast-check';
import { type SimulatedContainer, SimulatedEngine } from '../testing/simulated-engine.js';
import { planRelease, type ReleaseSituation, releaseRemarks } from './release.service.js';
import { isUp, rememberTarget } from './target-before.js';

function containerOf(container: Partial<SimulatedContainer> = {}): ContainerSnapshot {
  const engine = new SimulatedEngine();
  engine.add({ id: 'v', networks: ['front', 'back'], ...container });
  return engine.see('v') as ContainerSnapshot;
}

/** An isolated container whose release begins. */
function situationOf(change: Partial<ReleaseSituation> = {}): ReleaseSituation {
  const before = containerOf();
  const current = change.current ?? { ...before, networks: [] };
  return {
    before: rememberTarget(before),
    holds: ['networks'],
    wasHalted: false,
    isPausedForIsolation: false,
    start: { isUp: isUp(current), startedAt: before.startedAt as string },
    current,
    followers: [],
    evidence: new Set(),
    vanished: new Set(),
    stopTimeoutSeconds: 10,
    tailLines: 100,
    ...change,
  };
}

const callsOf = (situation: ReleaseSituation) => planRelease(situation).map(({ call }) => call);
const later = '2026-01-02T00:00:00Z';

describe('the plan of a release', () => {
  it('keeps evidence, restarts while detached, and only then connects', () => {
    expect(callsOf(situationOf())).toEqual(['capture', 'restart', 'attach', 'attach']);
  });

  it('connects nothing while a process of before may run', () => {
    const state = fc.constantFrom<ContainerSnapshot['state']>('running', 'paused', 'restarting');
    fc.assert(
      fc.property(state, fc.boolean(), (current, isRestarted) => {
        const base = containerOf({ state: current });
        const calls = callsOf(
          situationOf({ current: { ...base, networks: [], ...(isRestarted ? { startedAt: later } : {}) } }),
        );
        const cut = calls.findIndex((call) => call === 'restart' || call === 'kill');
        const attached = calls.indexOf('attach');
        expect(isRestarted ? cut : attached > cut && cut >= 0).toBe(isRestarted ? -1 : true);
      }),
    );
  });

  it('kills a paused container before it starts it: a stop would let it run on for as long as the timeout lasts', () => {
    const paused = { ...containerOf({ state: 'paused', networkMode: { kind: 'host' }, networks: [] }) };
    const situation = situationOf({ current: paused, before: rememberTarget(containerOf({ networks: [] })) });
    const calls = callsOf({ ...situation, holds: ['process'], isPausedForIsolation: true });
    expect(calls).toEqual(['capture', 'kill', 'start']);
  });

  it('only unpauses what was only paused', () => {
    const paused = containerOf({ state: 'paused' });
    expect(callsOf(situationOf({ current: paused, holds: ['process'] }))).toEqual(['unpause']);
  });

  it('starts what was halted once, and never what did not run, was stopped by a person, or ended by itself afterwards', () => {
    const exited = containerOf({ state: 'exited' });
    expect(callsOf(situationOf({ current: exited, holds: ['process'], wasHalted: true }))).toEqual(['start']);
    expect(callsOf(situationOf({ current: exited, holds: ['process'] }))).toEqual([]);
    expect(
      callsOf(situationOf({ current: { ...exited, startedAt: later }, holds: ['process'], wasHalted: true })),
    ).toEqual([]);
    expect(callsOf(situationOf({ current: { ...exited, networks: [] } }))).toEqual(['attach', 'attach']);
    const before = rememberTarget(containerOf({ state: 'exited' }));
    expect(callsOf(situationOf({ before, current: exited, holds: ['process'], wasHalted: true }))).toEqual([]);
  });

  it('leaves out a network that is gone, and says so', () => {
    const situation = situationOf({ vanished: new Set(['back']) });
    expect(callsOf(situation).filter((call) => call === 'attach')).toHaveLength(1);
    expect(releaseRemarks(situation)).toEqual(['the network back is gone']);
  });

  it('says so where the engine does not give a chosen MAC address back', () => {
    const chosen = '02:42:f0:00:00:01';
    const [front, ...others] = containerOf().networks;
    const withMac = (assigned: string): ContainerSnapshot => ({
      ...containerOf(),
      networks: [
        { ...front, requested: { ...front?.requested, macAddress: chosen }, assigned: { macAddress: assigned } },
        ...others,
      ] as ContainerSnapshot['networks'],
    });
    const before = rememberTarget(withMac(chosen));
    expect(releaseRemarks(situationOf({ before, current: withMac(chosen) }))).toEqual([]);
    expect(releaseRemarks(situationOf({ before, current: withMac('1a:97:b4:61:88:d1') }))).toEqual([
      `the engine gives ${chosen} on front only to a container that is made anew`,
    ]);
  });

  it('restarts after it whoever shares its network and was started before it', () => {
    const current = { ...containerOf(), startedAt: '2026-01-01T00:00:01.12Z' };
    const followers = [
      { id: 'older', startedAt: '2026-01-01T00:00:01.1Z' },
      { id: 'newer', startedAt: '2026-01-01T00:00:01.2Z' },
    ];
    expect(planRelease(situationOf({ current, followers })).map(({ id }) => id)).toEqual(['older']);
  });

  it('touches only what the mitigation holds', () => {
    const current = { ...containerOf(), networks: [], limits: { ...containerOf().limits, nanoCpus: 1e8 } };
    expect(callsOf(situationOf({ current, holds: ['limits'] }))).toEqual(['unthrottle']);
    expect(callsOf(situationOf({ current, holds: [] }))).toEqual([]);
  });
});
