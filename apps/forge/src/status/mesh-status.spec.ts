import { stripVTControlCharacters } from 'node:util';
import type { ServiceInstance } from '../mesh/discovery.js';
import { describeStatus } from './describe-status.js';
import { type MeshStatus, serviceStatusOf, type ToldHealth } from './mesh-status.js';

const instance: ServiceInstance = {
  app: 'supervisor',
  id: 'i',
  version: '0.1.0',
  host: 'h',
  startedAt: '2026-01-31T12:00:00Z',
  requests: 3,
  errors: 0,
};
const told = (state: ToldHealth['state'], reason = 'why'): ToldHealth => ({
  state,
  sequence: 1,
  health: { reason, dependencies: [] },
});

describe('serviceStatusOf', () => {
  it('is up when a process answers and said so last', () => {
    expect(serviceStatusOf('supervisor', [instance], told('up'))).toMatchObject({ state: 'up', reason: '' });
  });

  it('is down when no process answers, whatever it said last', () => {
    expect(serviceStatusOf('supervisor', [], told('up'))).toMatchObject({
      state: 'down',
      reason: 'no process of it answers',
    });
    expect(serviceStatusOf('supervisor', [], told('down', 'it is shutting down'))).toMatchObject({
      state: 'down',
      reason: 'it is shutting down',
    });
    expect(serviceStatusOf('supervisor', [], undefined)).toMatchObject({ state: 'down', reason: 'it was never seen' });
  });

  it('is not up before the process that answers has said so: the last goodbye was of another', () => {
    expect(serviceStatusOf('supervisor', [instance], told('down')).state).toBe('degraded');
    expect(serviceStatusOf('supervisor', [instance], undefined).state).toBe('degraded');
  });

  it('says what it runs without', () => {
    expect(serviceStatusOf('supervisor', [instance], told('degraded', 'docker: no engine'))).toMatchObject({
      state: 'degraded',
      reason: 'docker: no engine',
    });
  });
});

describe('describeStatus', () => {
  const status: MeshStatus = {
    isUp: false,
    nats: { url: 'nats://127.0.0.1:4222', version: '2.15.0', roundTripMs: 1 },
    services: [serviceStatusOf('supervisor', [instance], told('degraded', 'docker: no\u001b[2J engine'))],
    docker: { isUp: false, reason: 'no engine' },
    consumers: [
      { stream: 'DEFEND', name: 'sentinelcore', pending: 12, unacknowledged: 3, redelivered: 1 },
      { stream: 'LOG', name: 'log-indexer', pending: 0, unacknowledged: 0, redelivered: 0 },
    ],
    deadLetters: { total: 2, bySubject: { 'dead-letter.DEFEND.sentinelcore': 2 } },
  };
  const text = stripVTControlCharacters(describeStatus(status, Date.parse('2026-01-31T12:03:00Z')));

  it('shows what is not up and why, on a line that cannot break out', () => {
    expect(text).toMatch(/supervisor +degraded +0\.1\.0 +for 3 min +docker: no\\u\{1b\}\[2J engine/);
  });

  it('shows who is behind, and nobody else', () => {
    expect(text).toContain('2 consumers, 1 behind:');
    expect(text).toMatch(/DEFEND\/sentinelcore +12 waiting +3 being handled +1 delivered again/);
    expect(text).not.toContain('LOG/log-indexer');
  });

  it('counts dead letters by who gave them up', () => {
    expect(text).toMatch(/2 dead letters \(forge dead-letters list\):\n +dead-letter\.DEFEND\.sentinelcore +2/);
  });
});
