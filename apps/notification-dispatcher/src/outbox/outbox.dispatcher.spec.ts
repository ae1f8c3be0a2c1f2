import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChannelName } from '@sentinel-forge/contracts';
import { HttpTestServer, SmtpTestServer, waitFor } from '@sentinel-forge/testing';
import type { Channel } from '../channels/channel.port.js';
import { EmailChannel } from '../channels/email.channel.js';
import { WebhookChannel } from '../channels/webhook.channel.js';
import { newWebhookSecret } from '../channels/webhook.signature.js';
import { type DigestPolicy, defaultDigestPolicy } from '../digest/admission.service.js';
import type { Notice } from '../notices/notice.js';
import { defaultBreakerPolicy } from './breaker.service.js';
import type { CircuitChange } from './breakers.js';
import { OutboxDatabase } from './outbox.database.js';
import { OutboxDispatcher } from './outbox.dispatcher.js';
import { OutboxHistory } from './outbox.history.js';
import { enqueue } from './outbox.intake.js';
import { OutboxStore } from './outbox.store.js';
import { defaultRetryPolicy } from './schedule.service.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';

function noticeOf(eventId: string, about: Partial<Notice> = {}): Notice {
  return {
    eventId,
    subject: 'mitigation.supervisor.applied',
    title: `Notice ${eventId}`,
    body: '',
    severity: 5,
    traceId,
    occurredAtMs: 0,
    data: {},
    dedupKey: eventId,
    ...about,
  };
}

/** A whole outbox on a real file, with real servers behind both channels, and a clock that the test moves. */
class Outbox implements AsyncDisposable {
  readonly changes: CircuitChange[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'outbox-'));
  readonly file = join(this.#folder, 'outbox.sqlite');
  readonly #channels: Map<ChannelName, Channel>;
  nowMs = Date.parse('2026-01-01T00:00:00Z');
  database: OutboxDatabase;
  dispatcher: OutboxDispatcher;

  private constructor(
    readonly smtp: SmtpTestServer,
    readonly http: HttpTestServer,
    readonly digest: DigestPolicy,
  ) {
    this.#channels = new Map<ChannelName, Channel>([
      ['email', new EmailChannel({ smtpUrl: smtp.url, timeoutMs: 5000 })],
      [
        'webhook',
        new WebhookChannel({
          url: http.url,
          secrets: [newWebhookSecret()],
          egressAllow: ['127.0.0.1'],
          now: () => this.nowMs,
        }),
      ],
    ]);
    this.database = new OutboxDatabase(this.file);
    this.dispatcher = this.#newDispatcher();
  }

  static async open(digest: Partial<DigestPolicy> = {}): Promise<Outbox> {
    return new Outbox(await SmtpTestServer.start(), await HttpTestServer.start(), {
      ...defaultDigestPolicy,
      ...digest,
    });
  }

  get history(): OutboxHistory {
    return new OutboxHistory(this.database);
  }

  put(notice: Notice, channel: ChannelName, to?: string): string {
    const recipients = (this.#channels.get(channel)?.recipients(to) ?? []).map((recipient) => ({
      ...recipient,
      channel,
    }));
    return enqueue(this.database, [{ notice, recipients }], this.digest, this.nowMs)[0]?.[0]?.id ?? '';
  }

  /** Works off what is due now. */
  async work(): Promise<void> {
    while (this.dispatcher.tick() > 0) {
      await this.dispatcher.idle();
    }
  }

  /** What another process finds after this one was killed: the file, and nothing else. */
  restart(): void {
    this.database.close();
    this.database = new OutboxDatabase(this.file);
    this.dispatcher = this.#newDispatcher();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispatcher.stop(0);
    this.database.close();
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
    await Promise.all([this.smtp.stop(), this.http.stop()]);
    rmSync(this.#folder, { recursive: true });
  }

  #newDispatcher(): OutboxDispatcher {
    return new OutboxDispatcher({
      database: this.database,
      channels: this.#channels,
      retry: defaultRetryPolicy,
      breaker: defaultBreakerPolicy,
      digest: this.digest,
      sendTimeoutMs: 30_000,
      now: () => this.nowMs,
      random: () => 0.5,
      onCircuit: (change) => this.changes.push(change),
    });
  }
}

describe('outbox', () => {
  it('delivers on both channels under the ids that it answered', async () => {
    await using outbox = await Outbox.open();
    const ids = [outbox.put(noticeOf('e1'), 'email'), outbox.put(noticeOf('e1'), 'webhook')];
    await outbox.work();
    expect(outbox.smtp.mails.map((mail) => mail.header('x-idempotency-key'))).toEqual([ids[0]]);
    expect(outbox.http.requests.map(({ headers }) => headers['webhook-id'])).toEqual([ids[1]]);
    expect(outbox.history.counts()).toMatchObject({ delivered: 2, pending: 0 });
  });

  it('delivers once what is enqueued twice, also after it was delivered', async () => {
    await using outbox = await Outbox.open();
    outbox.put(noticeOf('e1'), 'webhook');
    outbox.put(noticeOf('e1'), 'webhook');
    await outbox.work();
    outbox.put(noticeOf('e1'), 'webhook');
    await outbox.work();
    expect(outbox.http.requests).toHaveLength(1);
  });

  it('tries again under the same id, not before Retry-After is over', async () => {
    await using outbox = await Outbox.open();
    outbox.http.answerNext({ status: 429, headers: { 'retry-after': '90' } });
    outbox.put(noticeOf('e1'), 'webhook');
    await outbox.work();
    outbox.nowMs += 89_000;
    await outbox.work();
    expect(outbox.http.requests).toHaveLength(1);
    outbox.nowMs += 2000;
    await outbox.work();
    const [first, second] = outbox.http.requests;
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(outbox.history.counts()).toMatchObject({ delivered: 1 });
  });

  it('has one dispatcher for each file: a second one is refused', async () => {
    await using outbox = await Outbox.open();
    expect(() => new OutboxDatabase(outbox.file)).toThrow(expect.objectContaining({ code: 'FORGE_NOTIFY_OUTBOX' }));
  });

  it('keeps its file to its own user', async () => {
    await using outbox = await Outbox.open();
    outbox.put(noticeOf('e1'), 'webhook');
    const modes = ['', '-wal'].map((suffix) => statSync(`${outbox.file}${suffix}`).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600]);
  });

  it('does not let one slow channel hold up another', async () => {
    await using outbox = await Outbox.open();
    outbox.http.answerUsually({ status: 200, hang: true });
    for (const event of Array.from({ length: 20 }).keys()) {
      outbox.put(noticeOf(`w${event}`), 'webhook');
    }
    outbox.put(noticeOf('m'), 'email');
    outbox.dispatcher.tick();
    await waitFor(() => outbox.history.counts().delivered === 1, { description: 'the mail' });
    expect(outbox.history.counts()).toMatchObject({ sending: 8, pending: 12 });
    expect(outbox.smtp.mails).toHaveLength(1);
  });

  it('works by itself once started, and leaves what is cut off by a stop to the next one', async () => {
    await using outbox = await Outbox.open();
    outbox.dispatcher.start();
    outbox.put(noticeOf('e1'), 'webhook');
    outbox.dispatcher.wake();
    await outbox.http.untilRequests(1);
    outbox.http.answerNext({ status: 200, hang: true });
    outbox.put(noticeOf('e2'), 'webhook');
    outbox.dispatcher.wake();
    await outbox.http.untilRequests(2);
    await outbox.dispatcher.stop(10);
    expect(outbox.history.counts()).toMatchObject({ delivered: 1, sending: 1 });
    outbox.restart();
    await outbox.work();
    const ids = outbox.http.requests.map(({ headers }) => headers['webhook-id']);
    expect(ids[2]).toBe(ids[1]);
    expect(outbox.history.counts()).toMatchObject({ delivered: 2, sending: 0 });
  });
});

describe('breaker of an outbox', () => {
  it('stops knocking at a dead server, says so once, and delivers all when it is back', async () => {
    await using outbox = await Outbox.open();
    await outbox.smtp.stop();
    const ids = Array.from({ length: 20 }, (_, event) => outbox.put(noticeOf(`e${event}`), 'email'));
    await outbox.work();
    expect(outbox.changes).toEqual([{ circuit: 'email', isOpen: true, reason: expect.stringContaining('SMTP') }]);
    const attempts = (): number => outbox.history.list({}).entries.reduce((sum, entry) => sum + entry.attempts, 0);
    const triedBefore = attempts();
    outbox.nowMs += 3000; // many a backoff is over, the breaker is not
    await outbox.work();
    expect(attempts()).toBe(triedBefore);
    outbox.nowMs += 3000; // now one may look, and finds nothing
    await outbox.work();
    expect(attempts()).toBe(triedBefore + 1);
    expect(outbox.changes).toHaveLength(1);

    await outbox.smtp.restart();
    outbox.nowMs += 10_000;
    await outbox.work();
    expect(outbox.changes.at(-1)).toMatchObject({ circuit: 'email', isOpen: false });
    expect(new Set(outbox.smtp.mails.map((mail) => mail.header('x-idempotency-key')))).toEqual(new Set(ids));
    expect(outbox.smtp.mails).toHaveLength(ids.length);
  });

  it('looks again when its own time is over, however long the backoff of what waits', async () => {
    await using outbox = await Outbox.open();
    outbox.http.answerUsually({ status: 503 });
    outbox.put(noticeOf('e1'), 'webhook');
    while (outbox.dispatcher.openCircuits.length === 0) {
      await outbox.work();
      outbox.nowMs += 1000;
    }
    const [waiting] = outbox.history.list({}).entries;
    outbox.nowMs += 3000;
    expect(Date.parse(waiting?.nextAttemptAt ?? '')).toBeGreaterThan(outbox.nowMs);
    expect(outbox.dispatcher.tick()).toBe(1);
    await outbox.dispatcher.idle();
  });

  it('does not hurry what a Retry-After holds back when the others go on', async () => {
    await using outbox = await Outbox.open();
    const later = { status: 429, headers: { 'retry-after': '600' } };
    outbox.http.answerNext(later, ...Array.from({ length: 4 }, () => ({ status: 503 })));
    outbox.put(noticeOf('asked to wait'), 'webhook');
    await outbox.work();
    for (const event of [1, 2, 3, 4]) {
      outbox.put(noticeOf(`e${event}`), 'webhook');
    }
    await outbox.work();
    expect(outbox.dispatcher.openCircuits).toEqual(['webhook:configured']);
    outbox.nowMs += 10_000;
    await outbox.work();
    expect(outbox.history.counts()).toMatchObject({ delivered: 4, pending: 1 });
    outbox.nowMs += 600_000;
    await outbox.work();
    expect(outbox.history.counts()).toMatchObject({ delivered: 5, pending: 0 });
  });

  it('is still open after a restart', async () => {
    await using outbox = await Outbox.open();
    await outbox.smtp.stop();
    for (const event of Array.from({ length: 6 }).keys()) {
      outbox.put(noticeOf(`e${event}`), 'email');
    }
    await outbox.work();
    outbox.restart();
    expect(outbox.dispatcher.openCircuits).toEqual(['email']);
    expect(outbox.dispatcher.tick()).toBe(0);
  });

  it('of one webhook receiver does not stop the others', async () => {
    await using outbox = await Outbox.open();
    await using other = await HttpTestServer.start();
    outbox.http.answerUsually({ status: 503 });
    for (const event of Array.from({ length: 10 }).keys()) {
      outbox.put(noticeOf(`bad${event}`), 'webhook');
    }
    await outbox.work();
    expect(outbox.dispatcher.openCircuits).toEqual(['webhook:configured']);
    outbox.put(noticeOf('good'), 'webhook', `${other.url}/in`);
    await outbox.work();
    expect(other.requests).toHaveLength(1);
  });

  it('does not open because messages are refused: the server answers', async () => {
    await using outbox = await Outbox.open();
    outbox.smtp.answer({ at: 'rcpt', code: 550, message: 'no such user' });
    for (const event of Array.from({ length: 10 }).keys()) {
      outbox.put(noticeOf(`e${event}`), 'email');
    }
    await outbox.work();
    expect(outbox.changes).toEqual([]);
    expect(outbox.history.counts()).toMatchObject({ failed: 10 });
  });
});

describe('digests of an outbox', () => {
  it('make a handful of messages of 10,000 notices, and each is in the history of its trace', async () => {
    await using outbox = await Outbox.open();
    const recipients = [
      { channel: 'webhook', address: 'default', label: 'hook', circuit: 'webhook:configured' },
    ] as const;
    const batch = Array.from({ length: 10_000 }, (_, event) => ({
      notice: noticeOf(`e${event}`, { title: `Notice ${event % 7}` }),
      recipients,
    }));
    enqueue(outbox.database, batch, outbox.digest, outbox.nowMs);
    await outbox.work();
    expect(outbox.http.requests).toHaveLength(outbox.digest.cap - outbox.digest.urgentReserve);
    outbox.nowMs += outbox.digest.digestAfterMs;
    outbox.restart();
    await outbox.work();
    const messages = outbox.http.requests.map(
      ({ body }) => JSON.parse(body) as { type: string; data: { data: { count?: number } } },
    );
    const digests = messages.filter(({ type }) => type === 'forge.digest');
    expect(digests).toHaveLength(1);
    expect(messages.length - 1 + (digests[0]?.data.data.count ?? 0)).toBe(10_000);
    expect(outbox.history.counts()).toEqual({ pending: 0, sending: 0, held: 0, failed: 0, delivered: 10_001 });
  });

  it('tell a repetition with its count when the window is over', async () => {
    await using outbox = await Outbox.open();
    for (const event of [1, 2, 3, 4]) {
      outbox.put(noticeOf(`e${event}`, { title: 'web-1 is unhealthy', dedupKey: 'web-1' }), 'email');
    }
    await outbox.work();
    expect(outbox.smtp.mails).toHaveLength(1);
    outbox.nowMs += outbox.digest.repeatWindowMs;
    await outbox.work();
    expect(outbox.smtp.mails.map((mail) => mail.header('subject'))).toEqual([
      '[medium] web-1 is unhealthy',
      '[medium] web-1 is unhealthy (3 times)',
    ]);
  });

  it('do not greet a server that was away for hours with everything that happened meanwhile', async () => {
    await using outbox = await Outbox.open({ cap: 10, urgentReserve: 0 });
    await outbox.smtp.stop();
    for (const minute of Array.from({ length: 120 }).keys()) {
      outbox.nowMs += 60_000;
      for (const event of [1, 2, 3, 4, 5]) {
        outbox.put(noticeOf(`${minute}/${event}`), 'email');
      }
      await outbox.work();
    }
    await outbox.smtp.restart();
    outbox.nowMs += 120_000;
    await outbox.work();
    outbox.nowMs += 120_000;
    await outbox.work();
    expect(outbox.smtp.mails.length).toBeLessThanOrEqual(2 * 10 + 1);
    expect(outbox.history.counts()).toMatchObject({ pending: 0, held: 0, failed: 0 });
  });
});

describe('dead letters and history of an outbox', () => {
  it('list a dead letter with its reason and deliver it after a replay under the same id', async () => {
    await using outbox = await Outbox.open();
    outbox.http.answerNext({ status: 410 });
    const id = outbox.put(noticeOf('e1'), 'webhook');
    await outbox.work();
    expect(outbox.history.list({ failed: true }).entries).toMatchObject([
      { id, state: 'failed', reason: 'HTTP 410', attempts: 1 },
    ]);
    outbox.history.replay(id, outbox.nowMs);
    await outbox.work();
    expect(outbox.http.requests.map(({ headers }) => headers['webhook-id'])).toEqual([id, id]);
    expect(outbox.history.list({ failed: true }).entries).toEqual([]);
  });

  it('replay a digest whole, and refuse what is no dead letter', async () => {
    await using outbox = await Outbox.open({ cap: 1, urgentReserve: 0 });
    const [first = '', second = ''] = ['e1', 'e2', 'e3'].map((event) => outbox.put(noticeOf(event), 'webhook'));
    await outbox.work();
    outbox.http.answerNext({ status: 404 });
    outbox.nowMs += outbox.digest.windowMs;
    await outbox.work();
    expect(outbox.history.counts()).toMatchObject({ delivered: 1, failed: 3 });
    expect(outbox.history.list({ failed: true }).entries.map(({ kind }) => kind)).toEqual(['digest']);
    outbox.history.replay(second, outbox.nowMs);
    await outbox.work();
    expect(outbox.history.counts()).toMatchObject({ delivered: 4, failed: 0 });
    expect(() => outbox.history.replay(first, outbox.nowMs)).toThrow(
      expect.objectContaining({ code: 'FORGE_NOTIFY_UNKNOWN' }),
    );
  });

  it('page through the history of one trace, newest first, each delivery once', async () => {
    await using outbox = await Outbox.open();
    for (const event of Array.from({ length: 7 }).keys()) {
      outbox.put(noticeOf(`e${event}`), 'email');
      outbox.put(noticeOf(`e${event}`), 'webhook');
    }
    outbox.put(noticeOf('other', { traceId: '1'.repeat(32) }), 'webhook');
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = outbox.history.list({ traceId, limit: 4, ...(after === undefined ? {} : { after }) });
      seen.push(...page.entries.map((entry) => `${entry.eventId} ${entry.channel}`));
      after = page.next;
    } while (after !== undefined);
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].flatMap((event) => [`e${event} webhook`, `e${event} email`]));
  });

  it('show a notice that goes to nobody because no channel is set up', async () => {
    await using outbox = await Outbox.open();
    enqueue(outbox.database, [{ notice: noticeOf('e1'), recipients: [] }], outbox.digest, outbox.nowMs);
    expect(outbox.history.list({ traceId }).entries).toMatchObject([{ eventId: 'e1', state: 'untold' }]);
  });

  it('forget what is settled, announced and old, and nothing else', async () => {
    await using outbox = await Outbox.open();
    const delivered = outbox.put(noticeOf('delivered'), 'webhook');
    await outbox.work();
    outbox.put(noticeOf('waiting'), 'webhook');
    const laterMs = outbox.nowMs + 1000;
    expect(outbox.history.forget(laterMs, 100)).toBe(0); // not announced yet
    outbox.history.markAnnounced(outbox.history.unannounced(10));
    expect(outbox.history.forget(outbox.nowMs, 100)).toBe(0); // not old enough
    expect(outbox.history.forget(laterMs, 100)).toBe(1);
    expect(outbox.history.list({}).entries.map(({ eventId }) => eventId)).toEqual(['waiting']);
    expect(delivered).toMatch(/^n-[0-9a-f]{32}$/);
  });

  it('give up what waits for a channel that is not set up any more, and send it again when it is', async () => {
    await using outbox = await Outbox.open();
    const id = outbox.put(noticeOf('e1'), 'email');
    const store = new OutboxStore(outbox.database);
    expect(store.abandon(['email', 'webhook'], outbox.nowMs + 1, outbox.nowMs)).toBe(0); // set up: it will be tried
    expect(store.abandon(['webhook'], outbox.nowMs, outbox.nowMs)).toBe(0); // the channel may come back
    expect(store.abandon(['webhook'], outbox.nowMs + 1, outbox.nowMs)).toBe(1);
    const [failed] = outbox.history.list({ failed: true }).entries;
    expect(failed).toMatchObject({ id, reason: 'the channel is not set up any more' });
    expect(outbox.history.unannounced(9).map(({ noticeId, state }) => [noticeId, state])).toEqual([[id, 'failed']]);
    expect(outbox.history.replay(id, outbox.nowMs)).toBe(id);
    await outbox.work();
    expect(outbox.smtp.mails.map((mail) => mail.header('x-idempotency-key'))).toEqual([id]);
  });

  it('find the dead letters of one trace, be they in a digest', async () => {
    await using outbox = await Outbox.open({ cap: 1, urgentReserve: 0 });
    outbox.http.answerUsually({ status: 410 });
    for (const event of [1, 2, 3]) {
      outbox.put(noticeOf(`e${event}`, { traceId: `${event}`.repeat(32) }), 'webhook');
    }
    await outbox.work();
    outbox.nowMs += outbox.digest.digestAfterMs;
    await outbox.work();
    const failedOf = (trace?: string): readonly string[] =>
      outbox.history
        .list({ failed: true, ...(trace === undefined ? {} : { traceId: trace }) })
        .entries.map(({ eventId }) => eventId.replace(/-of-.*/, ''));
    expect(failedOf()).toEqual(['digest', 'e1']);
    expect(failedOf('3'.repeat(32))).toEqual(['e3']);
  });

  it('know when the disk refuses, and when it takes again', async () => {
    await using outbox = await Outbox.open();
    outbox.database.run('PRAGMA query_only = ON');
    expect(() => outbox.database.probe(1)).toThrow();
    expect(outbox.database.problem).toContain('readonly');
    outbox.database.run('PRAGMA query_only = OFF');
    outbox.database.probe(1);
    expect(outbox.database.problem).toBeUndefined();
  });

  it('remember when they were made, through every restart', async () => {
    await using outbox = await Outbox.open();
    const madeAtMs = outbox.database.createdAtMs;
    outbox.restart();
    expect(outbox.database.createdAtMs).toBe(madeAtMs);
    expect(Math.abs(Date.now() - madeAtMs)).toBeLessThan(60_000);
  });

  it('never show what stands in a webhook URL beside its origin', async () => {
    await using outbox = await Outbox.open();
    outbox.http.answerNext({ status: 404 });
    outbox.put(noticeOf('e1'), 'webhook', `${outbox.http.url}/services/secret-token?key=secret-key`);
    await outbox.work();
    const everything = JSON.stringify([
      outbox.history.list({}),
      outbox.history.list({ failed: true }),
      outbox.history.unannounced(9),
    ]);
    expect(everything).not.toMatch(/secret/);
    expect(outbox.http.requests[0]?.path).toContain('secret-token');
  });
});

describe('a clock that was set back while the dispatcher was down', () => {
  it('keeps no delivery waiting for what it says then', async () => {
    await using outbox = await Outbox.open();
    outbox.http.answerNext({ status: 503 });
    outbox.put(noticeOf('one'), 'webhook');
    await outbox.work();
    outbox.nowMs -= 60 * 60_000;
    outbox.restart();
    await outbox.work();
    expect(outbox.http.requests).toHaveLength(2);
  });

  it('keeps no circuit open for longer than it ever would be', async () => {
    await using outbox = await Outbox.open();
    for (let fault = 0; fault < defaultBreakerPolicy.faultsToOpen; fault += 1) {
      outbox.http.answerNext({ status: 503 });
      outbox.put(noticeOf(`notice-${fault}`), 'webhook');
    }
    await outbox.work();
    expect(outbox.dispatcher.openCircuits).toHaveLength(1);
    outbox.nowMs -= 60 * 60_000;
    outbox.restart();
    outbox.nowMs += defaultBreakerPolicy.maxOpenMs;
    await outbox.work();
    expect(outbox.dispatcher.openCircuits).toEqual([]);
  });

  it('does not take what it told before for told in the future: the same is held for its window, no longer', async () => {
    await using outbox = await Outbox.open();
    outbox.put(noticeOf('one', { dedupKey: 'same' }), 'webhook');
    await outbox.work();
    outbox.nowMs -= 60 * 60_000;
    outbox.restart();
    outbox.put(noticeOf('two', { dedupKey: 'same' }), 'webhook');
    outbox.nowMs += defaultDigestPolicy.repeatWindowMs;
    await outbox.work();
    expect(outbox.http.requests).toHaveLength(2);
  });
});
