import { type ActionName, actionNames } from '@sentinel-forge/contracts';
import fc from 'fast-check';
import { strengthOf } from './action-strength.js';
import { dispositionOf } from './disposition.js';
import type { MitigationInForce } from './in-force.port.js';

const inForce = (
  action: ActionName,
  untilMs: number | 'never' = 'never',
  mitigationId = `m-${action}`,
): MitigationInForce => ({
  mitigationId,
  action,
  untilMs,
});
const wanted = (action: ActionName) => ({ mitigationId: 'm-wanted', action });

describe('a request on a container', () => {
  it('is new where nothing is in force', () => {
    expect(dispositionOf(wanted('isolate'), [], 0)).toEqual({ kind: 'new' });
  });

  it('joins what is as strong or stronger, and upgrades what is weaker', () => {
    expect(dispositionOf(wanted('isolate'), [inForce('isolate')], 0)).toMatchObject({
      kind: 'joins',
      action: 'isolate',
    });
    expect(dispositionOf(wanted('isolate'), [inForce('quarantine')], 0)).toMatchObject({ kind: 'joins' });
    expect(dispositionOf(wanted('quarantine'), [inForce('isolate')], 0)).toEqual({
      kind: 'upgrades',
      mitigationId: 'm-isolate',
      action: 'isolate',
    });
  });

  it('is measured by the strongest that has not ended', () => {
    const several = [inForce('throttle'), inForce('quarantine', 1000), inForce('isolate', 5000)];
    expect(dispositionOf(wanted('isolate'), several, 999)).toMatchObject({
      kind: 'joins',
      mitigationId: 'm-quarantine',
    });
    expect(dispositionOf(wanted('isolate'), several, 1000)).toMatchObject({ kind: 'joins', mitigationId: 'm-isolate' });
    expect(dispositionOf(wanted('isolate'), several, 5000)).toMatchObject({
      kind: 'upgrades',
      mitigationId: 'm-throttle',
    });
  });

  it('joins, of several as strong, the one that ends last', () => {
    const several = [inForce('isolate', 2000, 'm-b'), inForce('isolate', 'never', 'm-a'), inForce('isolate', 1, 'm-c')];
    expect(dispositionOf(wanted('isolate'), several, 0)).toMatchObject({ mitigationId: 'm-a' });
  });

  it('that is in force itself is new again: asked twice, the answer is the same', () => {
    expect(dispositionOf(wanted('isolate'), [inForce('isolate', 'never', 'm-wanted')], 0)).toEqual({ kind: 'new' });
  });

  it('to restart joins what holds the container fast, but not a throttle, which stays', () => {
    expect(dispositionOf(wanted('restart'), [inForce('pause')], 0)).toMatchObject({ kind: 'joins' });
    expect(dispositionOf(wanted('restart'), [inForce('throttle')], 0)).toEqual({ kind: 'new' });
  });

  it('stands the same to what is in force in whatever order that is told', () => {
    const entries = fc.record({
      mitigationId: fc.constantFrom('m-1', 'm-2', 'm-3'),
      action: fc.constantFrom(...actionNames),
      untilMs: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant('never' as const)),
    });
    const lists = fc.uniqueArray(entries, { maxLength: 3, selector: ({ mitigationId }) => mitigationId });
    fc.assert(
      fc.property(fc.constantFrom(...actionNames), lists, (action, list) => {
        const answer = dispositionOf(wanted(action), list, 1);
        expect(dispositionOf(wanted(action), list.toReversed(), 1)).toEqual(answer);
        expect(answer.kind === 'upgrades' && strengthOf(answer.action) >= strengthOf(action)).toBe(false);
      }),
    );
  });
});
