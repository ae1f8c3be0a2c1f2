import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultDigestPolicy } from '../digest/admission.service.js';
import { closedBreaker } from './breaker.service.js';
import { OutboxDatabase } from './outbox.database.js';
import { OutboxHistory, type Outcome } from './outbox.history.js';
import { enqueue } from './outbox.intake.js';
import { OutboxStore } from './outbox.store.js';
import { OutcomeAnnouncer } from './outcome.announcer.js';

describe('outcome announcer', () => {
  let folder: string;
  let database: OutboxDatabase;
  let id: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'outbox-'));
    database = new OutboxDatabase(join(folder, 'outbox.sqlite'));
    const texts = { subject: 's', title: 't', body: '', dedupKey: 'k', traceId: '0af7651916cd43dd8448eb211c80319c' };
    const notice = { ...texts, eventId: 'e1', severity: 5, occurredAtMs: 0, data: {} };
    const recipients = [{ channel: 'email', address: 'a', label: 'a', circuit: 'email' }] as const;
    id = enqueue(database, [{ notice, recipients }], defaultDigestPolicy, 0)[0]?.[0]?.id ?? '';
  });
  afterEach(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });
  const settle = (kind: 'delivered' | 'failed', nowMs: number): void => {
    const store = new OutboxStore(database);
    store.markSending([id]);
    store.settle(id, { kind, reason: 'because' }, 'email', closedBreaker, nowMs);
  };

  it('tells each outcome until telling succeeds, and then no more', async () => {
    settle('delivered', 1);
    const history = new OutboxHistory(database);
    await expect(new OutcomeAnnouncer(history, () => Promise.reject(new Error('no server'))).flush()).rejects.toThrow(
      'no server',
    );
    const told: Outcome[] = [];
    const announcer = new OutcomeAnnouncer(history, async (outcome) => void told.push(outcome));
    await announcer.flush();
    await announcer.flush();
    expect(told).toMatchObject([{ noticeId: id, state: 'delivered', attempts: 1, reason: 'because' }]);
  });

  it('tells the second outcome of what was replayed while the first was being told', async () => {
    settle('failed', 1);
    const history = new OutboxHistory(database);
    const told: string[] = [];
    const announcer = new OutcomeAnnouncer(history, async ({ state, settledAtMs }) => {
      told.push(`${state} at ${settledAtMs}`);
      if (state === 'failed') {
        history.replay(id, 2);
        settle('delivered', 3);
      }
    });
    await announcer.flush();
    expect(told).toEqual(['failed at 1', 'delivered at 3']);
  });
});
