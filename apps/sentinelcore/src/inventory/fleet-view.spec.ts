import type { ActionName, MitigationView } from '@sentinel-forge/contracts';
import { FleetView } from './fleet-view.js';

const target = { host: 'one', id: 'v'.repeat(64), name: 'victim' };

function viewOf(
  action: ActionName,
  more: { state?: MitigationView['state']; simulated?: boolean } = {},
): MitigationView {
  const { state = 'applied', simulated } = more;
  const id = `m-${action}`;
  return {
    id,
    state,
    request: {
      mitigationId: id,
      action,
      target,
      reason: 'a test',
      score: 90,
      requestedAt: '2026-01-01T00:00:00.000Z',
      evidence: { eventId: 'e', subject: 'defend.auth', source: 'web', contributions: [] },
      ...(simulated === undefined ? {} : { simulated }),
    },
  };
}

function inForceAfter(...views: readonly MitigationView[]): readonly string[] {
  const fleet = new FleetView();
  for (const view of views) {
    fleet.noteMitigation(view.id, view);
  }
  return fleet.on(target.host, target.id).map(({ action }) => action);
}

describe('what is in force on a container', () => {
  it('is what holds it or is about to, until it ends', () => {
    expect(inForceAfter(viewOf('isolate'), viewOf('throttle', { state: 'executing' }))).toEqual([
      'isolate',
      'throttle',
    ]);
    expect(inForceAfter(viewOf('isolate'), viewOf('isolate', { state: 'released' }))).toEqual([]);
  });

  it.each(['notify', 'snapshot', 'restart'] as const)('is no %s: it was done once and holds nothing', (action) => {
    expect(inForceAfter(viewOf(action))).toEqual([]);
  });

  it('is nothing that was only simulated', () => {
    expect(inForceAfter(viewOf('quarantine', { simulated: true }))).toEqual([]);
  });
});
