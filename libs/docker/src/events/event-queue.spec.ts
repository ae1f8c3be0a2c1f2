import type { DockerEvent } from './docker-event.js';
import { EventQueue } from './event-queue.js';

const event = (timeMs: number): DockerEvent => ({
  kind: 'network',
  action: 'connect',
  networkId: 'n1',
  networkName: 'shop',
  containerId: 'c1',
  timeMs,
});

describe('EventQueue', () => {
  it('gives events out in order, to a consumer that waits and to one that comes later', async () => {
    const queue = new EventQueue(10);
    const waiting = queue.next();
    queue.push(event(1));
    queue.push(event(2));
    expect(await waiting).toEqual(event(1));
    expect(await queue.next()).toEqual(event(2));
  });

  it('holds no more than its limit of 10,000 events at once: one resync and the latest stand for the rest', async () => {
    const limit = 100;
    const queue = new EventQueue(limit);
    for (let timeMs = 0; timeMs < 10_000; timeMs += 1) {
      queue.push(event(timeMs));
    }
    const taken: (DockerEvent | undefined)[] = [await queue.next()];
    while (taken.length < limit && !(taken.at(-1) as { timeMs?: number }).timeMs?.toString().endsWith('9999')) {
      taken.push(await queue.next());
    }
    expect(taken[0]).toEqual({ kind: 'resync', reason: 'overflow' });
    expect(taken.at(-1)).toEqual(event(9_999));
    expect(taken.length).toBeLessThanOrEqual(limit);
  });

  it('ends every wait when it is closed, and takes nothing more', async () => {
    const queue = new EventQueue(10);
    const waiting = queue.next();
    queue.close();
    queue.push(event(1));
    expect(await waiting).toBeUndefined();
    expect(await queue.next()).toBeUndefined();
  });
});
