import { Refusals } from './refusals.js';

describe('refusals', () => {
  it('are told from the second in a row on, until something is stored', () => {
    const refusals = new Refusals(() => 0);
    refusals.note('LOG', 'timeout');
    expect(refusals.describe()).toBeUndefined();
    refusals.note('LOG', 'timeout');
    expect(refusals.describe()).toBe('LOG stores nothing (timeout): is the disk of nats-server full?');
    refusals.note('LOG', undefined);
    expect(refusals.describe()).toBeUndefined();
  });

  it('of one stream are not mended by what another stores, and are no news after a minute without a try', () => {
    let nowMs = 0;
    const refusals = new Refusals(() => nowMs);
    refusals.note('LOG', 'timeout');
    refusals.note('LOG', 'insufficient resources');
    refusals.note('HEALTH', undefined);
    expect(refusals.describe()).toContain('LOG stores nothing (insufficient resources)');
    nowMs = 60_000;
    expect(refusals.describe()).toBeUndefined();
  });
});
