import { stripVTControlCharacters } from 'node:util';
import { describeHealing } from './healing.js';

describe('describeHealing', () => {
  it('says how each container is, and when it is tried again', () => {
    const text = stripVTControlCharacters(
      describeHealing([
        {
          host: 'h1',
          id: 'a'.repeat(64),
          name: 'web-1',
          condition: 'ailing',
          wish: 'running',
          attempts: 3,
          nextAttemptAt: '2026-01-31T12:00:00Z',
          lastReason: 'unhealthy\n',
        },
      ]),
    );
    expect(text).toMatch(
      /^web-1 +a{12} +h1 +ailing +wanted: running +3 restarts in a row +next at 2026-01-31T12:00:00Z +unhealthy\\n$/,
    );
  });

  it('says that there is nothing to heal', () => {
    expect(describeHealing([])).toBe('No container is healed.');
  });
});
