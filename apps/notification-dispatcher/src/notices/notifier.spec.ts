import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChannelName, decodeEvent, type ForgeEvent, matchSubject } from '@sentinel-forge/contracts';
import type { Channel } from '../channels/channel.port.js';
import { EmailChannel } from '../channels/email.channel.js';
import { WebhookChannel } from '../channels/webhook.channel.js';
import { newWebhookSecret } from '../channels/webhook.signature.js';
import { defaultDigestPolicy } from '../digest/admission.service.js';
import { OutboxDatabase } from '../outbox/outbox.database.js';
import { OutboxHistory } from '../outbox/outbox.history.js';
import { parseRoutes } from '../routing/routes.file.js';
import { compileRoutes } from '../routing/routing.service.js';
import { Notifier, type NotifierOptions } from './notifier.js';

const routes = compileRoutes(
  parseRoutes(
    'routes.yaml',
    'version: 1\nroutes:\n  - { name: a, on: [mitigation.*.self, notify.requested], channels: [email, webhook] }',
  ),
);

function eventOn(subject: string, data: object, id = 'e1'): ForgeEvent {
  const match = matchSubject(subject);
  if (match === undefined) {
    throw new Error(`no event on ${subject}`);
  }
  const trace = { traceId: '1'.repeat(32), spanId: '1'.repeat(16) };
  const storedAtMs = 7;
  return { ...match, id, type: match.definition.type, source: '/x', subject, timeMs: 7, storedAtMs, data, trace };
}

describe('notifier', () => {
  let folder: string;
  let database: OutboxDatabase;
  const email = new EmailChannel({ smtpUrl: 'smtp://127.0.0.1:1', to: ['a@example.org', 'b@example.org'] });
  const webhook = new WebhookChannel({ secrets: [newWebhookSecret()], egressAllow: [] });
  const both = new Map<ChannelName, Channel>([
    ['email', email],
    ['webhook', webhook],
  ]);
  const notifierWith = (options: Partial<NotifierOptions> = {}): Notifier =>
    new Notifier({
      database,
      channels: both,
      router: routes,
      digest: defaultDigestPolicy,
      redact: (value) => value,
      now: () => 1000,
      ...options,
    });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'notifier-'));
    database = new OutboxDatabase(join(folder, 'outbox.sqlite'));
  });
  afterEach(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });
  afterAll(() => Promise.all([email.close(), webhook.close()]));

  it('enqueues one delivery for each recipient that the routes name, and passes a channel over that has none', async () => {
    const accepted = await notifierWith().accept(eventOn('mitigation.supervisor.self', { what: 'x', reason: 'y' }));
    expect(accepted.deliveries.map(({ channel, recipient }) => [channel, recipient])).toEqual([
      ['email', 'a@example.org'],
      ['email', 'b@example.org'],
    ]);
  });

  it('leaves no trace of an event that no route names', async () => {
    expect(await notifierWith().accept(eventOn('defend.auth', { source: 'x' }))).toEqual({
      eventId: 'e1',
      deliveries: [],
    });
    expect(new OutboxHistory(database).list({}).entries).toEqual([]);
  });

  it('asks no route where a request says channel and recipient', async () => {
    const asked = { title: 't', body: 'b', to: 'c@example.org' };
    const { deliveries } = await notifierWith().accept(eventOn('notify.requested', asked));
    expect(deliveries.map(({ channel, recipient }) => [channel, recipient])).toEqual([['email', 'c@example.org']]);
  });

  it.each([
    ['a channel not set up', 'channel', { channel: 'email' }, 'FORGE_NOTIFY_CHANNEL', new Map([['webhook', webhook]])],
    ['a channel that has nobody', 'to', { channel: 'webhook' }, 'FORGE_NOTIFY_RECIPIENT', both],
    ['a recipient that is none', 'to', { channel: 'email', to: 'nobody' }, 'FORGE_NOTIFY_RECIPIENT', both],
    ['a receiver inside', 'to', { to: 'http://169.254.169.254/latest' }, 'FORGE_NOTIFY_EGRESS', both],
  ] as const)('refuses a request that names %s, and says that it is the field %s', async (...row) => {
    const [, field, where, code, channels] = row;
    const notifier = notifierWith({ channels: channels as ReadonlyMap<ChannelName, Channel> });
    const asked = { title: 't', body: 'b', ...where };
    const details = { problems: [{ path: field, reason: expect.any(String) }] };
    expect(() => notifier.check(asked)).toThrow(expect.objectContaining({ code, details }));
    await expect(notifier.accept(eventOn('notify.requested', asked))).rejects.toMatchObject({ code });
  });

  it('keeps the trace of an event that was read from a stream', async () => {
    const message = {
      stream: 'MITIGATION',
      sequence: 1,
      subject: 'mitigation.supervisor.self',
      headers: undefined,
      payload: Buffer.from(
        JSON.stringify({
          ...{ specversion: '1.0', id: 'e1', type: 'forge.mitigation.self.v1', source: '/supervisor' },
          traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
          data: { what: 'x', reason: 'y' },
        }),
      ),
      storedAtMs: 7,
    };
    await notifierWith().accept(decodeEvent(message));
    expect(new OutboxHistory(database).list({ traceId: 'a'.repeat(32) }).entries).toHaveLength(2);
  });

  it('writes history down without telling anybody, be the request for it ever so wrong', async () => {
    const notifier = notifierWith({ tellSinceMs: () => 8 });
    await notifier.accept(eventOn('mitigation.supervisor.self', { what: 'x', reason: 'y' }, 'old'));
    await notifier.accept(eventOn('notify.requested', { title: 't', body: 'b', to: 'nobody' }, 'wrong'));
    await notifier.accept({
      ...eventOn('mitigation.supervisor.self', { what: 'z', reason: 'y' }, 'new'),
      storedAtMs: 8,
    });
    const entries = new OutboxHistory(database).list({}).entries.map(({ eventId, state }) => `${eventId} ${state}`);
    expect(entries).toEqual(['new pending', 'new pending', 'wrong untold', 'old untold']);
  });

  it('says in the history that nobody is told because no channel is set up', async () => {
    await notifierWith({ channels: new Map() }).accept(eventOn('notify.requested', { title: 't', body: 'b' }));
    expect(new OutboxHistory(database).list({}).entries).toMatchObject([
      { state: 'untold', reason: 'no channel that should tell it is set up' },
    ]);
  });

  it('writes nothing to the disk that was not redacted before', async () => {
    const redact = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value, (key, inner: unknown) => (key === 'password' ? '[redacted]' : inner)));
    const asked = { title: 't', body: 'b', channel: 'email', data: { deep: [{ password: 'hunter2' }] } };
    await notifierWith({ redact }).accept(eventOn('notify.requested', asked));
    const bytes = ['outbox.sqlite', 'outbox.sqlite-wal']
      .map((name) => readFileSync(join(folder, name), 'latin1'))
      .join('');
    expect(bytes).toContain('[redacted]');
    expect(bytes).not.toContain('hunter2');
  });

  it('writes what comes in together in one transaction, each event with its own answer', async () => {
    let enqueued = 0;
    const notifier = notifierWith({ onEnqueued: () => (enqueued += 1) });
    const ids = Array.from({ length: 500 }, (_, index) => `e${index}`);
    const asked = { title: 't', body: 'b', channel: 'email' };
    const all = await Promise.all(ids.map((id) => notifier.accept(eventOn('notify.requested', asked, id))));
    expect(enqueued).toBe(1);
    expect(all.map(({ eventId }) => eventId)).toEqual(ids);
    expect(new Set(all.flatMap(({ deliveries }) => deliveries.map(({ id }) => id))).size).toBe(1000);
  });

  it('rejects, so that the event comes again, when the disk refuses', async () => {
    const notifier = notifierWith();
    const accepting = notifier.accept(eventOn('notify.requested', { title: 't', body: 'b', channel: 'email' }));
    database.close();
    await expect(accepting).rejects.toThrow();
    database = new OutboxDatabase(join(folder, 'outbox.sqlite'));
  });
});
