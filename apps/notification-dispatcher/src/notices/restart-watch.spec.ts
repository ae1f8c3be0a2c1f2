import { type ForgeEvent, matchSubject } from '@sentinel-forge/contracts';
import { RestartWatch } from './restart-watch.js';

function eventOn(subject: string, storedAtMs = 0): ForgeEvent {
  const match = matchSubject(subject);
  if (match === undefined) {
    throw new Error(`no event on ${subject}`);
  }
  const trace = { traceId: '1'.repeat(32), spanId: '1'.repeat(16) };
  const { type } = match.definition;
  return { ...match, id: 'e1', type, source: '/x', subject, timeMs: 0, storedAtMs, data: {}, trace };
}

const endless = 2 ** 30;

describe('restart watch', () => {
  it('takes a service that is up again, degraded or not, for restarted', async () => {
    const watch = new RestartWatch(endless);
    const down = [watch.isRestart(eventOn('health.service.log-indexer.down', 1))];
    down.push(watch.isRestart(eventOn('health.service.supervisor.down', 2)));
    expect(await watch.isRestart(eventOn('health.service.supervisor.degraded', 3))).toBe(false);
    expect(await watch.isRestart(eventOn('health.service.log-indexer.up', 3))).toBe(false);
    expect(await Promise.all(down)).toEqual([true, true]);
  });

  it('takes a service for restarted whose end is heard of after its return', async () => {
    const watch = new RestartWatch(endless);
    await watch.isRestart(eventOn('health.service.log-indexer.up', 3));
    expect(await watch.isRestart(eventOn('health.service.log-indexer.down', 2))).toBe(true);
  });

  it('takes one that stays away for gone, whoever else comes up', async () => {
    const watch = new RestartWatch(5);
    const down = watch.isRestart(eventOn('health.service.log-indexer.down', 2));
    await watch.isRestart(eventOn('health.service.supervisor.up', 3));
    await watch.isRestart(eventOn('health.service.log-indexer.up', 1)); // that was before
    expect(await down).toBe(false);
  });

  it('holds nothing else up', async () => {
    const watch = new RestartWatch(endless);
    expect(await watch.isRestart(eventOn('health.container.host-a.gave-up'))).toBe(false);
    expect(await watch.isRestart(eventOn('mitigation.supervisor.applied'))).toBe(false);
  });

  it('rejects what is open when it ends, and what comes after that, so that the event comes again', async () => {
    const watch = new RestartWatch(endless);
    const down = watch.isRestart(eventOn('health.service.log-indexer.down'));
    watch.end();
    await expect(down).rejects.toMatchObject({ isRetryable: true });
    const own = watch.isRestart(eventOn('health.service.notification-dispatcher.down'));
    await expect(own).rejects.toMatchObject({ isRetryable: true });
  });
});
