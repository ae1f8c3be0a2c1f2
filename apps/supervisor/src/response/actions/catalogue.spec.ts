import { actionNames } from '@sentinel-forge/contracts';
import { SimulatedEngine } from '../../testing/simulated-engine.js';
import { rememberTarget } from '../target-before.js';
import type { Situation } from './action.js';
import { actions, isLasting } from './catalogue.js';
import { readParameters } from './parameters.js';

function situationOf(container: Partial<Parameters<SimulatedEngine['add']>[0]> = {}): Situation {
  const engine = new SimulatedEngine();
  engine.add({ id: 'v', networks: ['front'], ...container });
  const current = engine.see('v');
  if (current === undefined) {
    throw new Error('no container');
  }
  return {
    mitigationId: 'm',
    before: rememberTarget(current),
    current,
    memberOf: [],
    evidence: new Set(),
    parameters: {},
  };
}

describe('the actions', () => {
  it.each(actionNames)(
    '%s describes itself: what it is, what it takes, what it needs, how it is taken back',
    (name) => {
      const action = actions[name];
      expect(action.name).toBe(name);
      expect(action.summary).toMatch(/^[A-Z].*\.$/);
      for (const parameter of action.parameters) {
        expect(parameter.summary).toMatch(/\.$/);
      }
      const { current } = situationOf();
      expect(action.plan(situationOf()).length === 0 || action.needs.length > 0).toBe(true);
      expect(isLasting(name)).toBe(action.holds({ ...situationOf(), current }).length > 0);
    },
  );

  it.each(['restart', 'stop', 'kill'] as const)('%s keeps evidence before it destroys anything', (name) => {
    expect(actions[name].plan(situationOf()).map(({ call }) => call)[0]).toBe('capture');
    expect(actions[name].isDestructive).toBe(true);
  });

  it('quarantine stops the harm first and looks then', () => {
    expect(actions.quarantine.plan(situationOf()).map(({ call }) => call)).toEqual(['detach', 'capture']);
  });

  it.each(['pause', 'stop', 'kill', 'restart'] as const)('%s leaves alone what does not run', (name) => {
    const situation = situationOf({ state: 'exited' });
    expect(actions[name].plan(situation)).toEqual([]);
    expect(actions[name].problems(situation)).toEqual([]);
  });

  it('throttle never loosens a limit that is tighter already', () => {
    const { current, ...situation } = situationOf();
    const limited = { ...current, limits: { ...current.limits, nanoCpus: 5e7 } };
    expect(actions.throttle.plan({ ...situation, current: limited, parameters: { cpus: 0.1 } })).toEqual([]);
    expect(actions.throttle.plan({ ...situation, current, parameters: { cpus: 0.1 } })).toHaveLength(1);
  });

  it('refuses parameters that it does not know or that are out of bounds, naming them', () => {
    expect(readParameters(actions.throttle, { cpus: 0.5 })).toEqual({ isValid: true, values: { cpus: 0.5 } });
    const read = readParameters(actions.throttle, { cpus: 0, speed: 1, pidsLimit: 2.5 });
    expect(read).toMatchObject({ isValid: false });
    expect(read.isValid ? [] : read.problems.join()).toMatch(
      /speed.*cpus must be a number, at least 0\.01.*pidsLimit must be a whole number/,
    );
  });
});
