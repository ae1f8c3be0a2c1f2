import type { ContainerEvent } from './docker-event.js';
import { RecentEvents } from './recent-events.js';

const event = (timeMs: number, action: ContainerEvent['action'] = 'kill'): ContainerEvent => ({
  kind: 'container',
  action,
  containerId: 'c1',
  containerName: 'web',
  attributes: {},
  timeMs,
});

describe('RecentEvents', () => {
  it('knows an event again, and tells it from another in the same millisecond', () => {
    const recent = new RecentEvents(10);
    expect(recent.isNew(event(1.25))).toBe(true);
    expect(recent.isNew(event(1.5))).toBe(true);
    expect(recent.isNew(event(1.25, 'die'))).toBe(true);
    expect(recent.isNew(event(1.25))).toBe(false);
  });

  it('knows at least as many as it was told to, and forgets the oldest first', () => {
    const recent = new RecentEvents(3);
    for (const timeMs of [1, 2, 3, 4]) {
      recent.isNew(event(timeMs));
    }
    expect([2, 3, 4].map((timeMs) => recent.isNew(event(timeMs)))).toEqual([false, false, false]);
    expect(recent.isNew(event(1))).toBe(true);
  });
});
