import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { HttpTestServer, SmtpTestServer, waitFor } from '@sentinel-forge/testing';

/**
 * A dispatcher as a process: takes a notice for both channels every few milliseconds and says so when it is on disk. Its
 * arguments: file of the outbox, SMTP URL, webhook URL, number of the life.
 */
const dispatcherProcess = `
  const load = (file) => import(new URL(file, '${new URL('../../dist/', import.meta.url)}'));
  const { EmailChannel } = await load('channels/email.channel.js');
  const { WebhookChannel } = await load('channels/webhook.channel.js');
  const { newWebhookSecret } = await load('channels/webhook.signature.js');
  const { defaultDigestPolicy } = await load('digest/admission.service.js');
  const { Notifier } = await load('notices/notifier.js');
  const { defaultBreakerPolicy } = await load('outbox/breaker.service.js');
  const { OutboxDatabase } = await load('outbox/outbox.database.js');
  const { OutboxDispatcher } = await load('outbox/outbox.dispatcher.js');
  const { defaultRetryPolicy } = await load('outbox/schedule.service.js');
  const { events } = await import('@sentinel-forge/contracts');
  const [file, smtpUrl, url, life] = process.argv.slice(1);
  const database = new OutboxDatabase(file);
  const channels = new Map([
    ['email', new EmailChannel({ smtpUrl })],
    ['webhook', new WebhookChannel({ url, secrets: [newWebhookSecret()], egressAllow: [] })],
  ]);
  const digest = { ...defaultDigestPolicy, cap: 100000 };
  const retry = { ...defaultRetryPolicy, baseDelayMs: 20, maxDelayMs: 200 };
  const breaker = { ...defaultBreakerPolicy, baseOpenMs: 50, maxOpenMs: 200 };
  const common = { database, channels, digest, now: Date.now };
  const dispatcher = new OutboxDispatcher({ ...common, retry, breaker, sendTimeoutMs: 5000, random: Math.random });
  const router = () => ({ routes: [], targets: [{ channel: 'email' }, { channel: 'webhook' }] });
  const notifier = new Notifier({ ...common, router, redact: (value) => value, onEnqueued: () => dispatcher.wake() });
  dispatcher.start();
  const event = (id) => ({ id, type: '', source: '', subject: 'notify.requested', params: {}, timeMs: 1,
    definition: events.notifyRequested, data: { title: id, body: '' }, trace: { traceId: '1'.repeat(32), spanId: '1'.repeat(16) } });
  for (let number = 0; life !== 'last' && number < 1000; number += 1) {
    const { deliveries } = await notifier.accept(event(life + '/' + number));
    console.log(deliveries.map(({ id }) => id).join(' '));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  setInterval(() => undefined, 1000);
`;

describe('an outbox whose process is killed', () => {
  it('delivers every notice that it took, each under one id, through five kill -9 and an outage of both servers', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'outbox-'));
    await using smtp = await SmtpTestServer.start();
    await using http = await HttpTestServer.start();
    const accepted = new Set<string>();
    const live = (life: string): ChildProcessByStdio<null, Readable, null> => {
      const script = [
        '--input-type=module',
        '-e',
        dispatcherProcess,
        join(folder, 'outbox.sqlite'),
        smtp.url,
        http.url,
        life,
      ];
      const child = spawn(process.execPath, script, {
        stdio: ['ignore', 'pipe', 'inherit'],
        cwd: import.meta.dirname,
        env: {},
      });
      createInterface(child.stdout).on('line', (line) => {
        for (const id of line.split(' ')) {
          accepted.add(id);
        }
      });
      return child;
    };
    for (const life of ['1', '2', '3', '4', '5']) {
      if (life === '3') {
        await Promise.all([smtp.stop(), http.stop()]);
      }
      if (life === '5') {
        await Promise.all([smtp.restart(), http.restart()]);
      }
      const child = live(life);
      // Killed after a different number of notices each time, in the middle of whatever it does then.
      const enough = accepted.size + 40 + 17 * Number(life);
      await waitFor(() => accepted.size >= enough, { description: `${enough} notices taken`, intervalMs: 1 });
      await kill(child);
    }
    const last = live('last');
    const missing = (): readonly string[] => {
      const mails = smtp.mails.map((mail) => mail.header('x-idempotency-key'));
      const webhooks = http.requests.map(({ headers }) => headers['webhook-id'] as string);
      const arrived = new Set([...mails, ...webhooks]);
      return [...accepted].filter((id) => !arrived.has(id));
    };
    await waitFor(() => missing().length === 0, { description: 'every notice', timeoutMs: 30_000 });
    await kill(last);
    // Ids stand for content: whatever arrived twice arrived under the id it had before.
    const bodies = new Map(http.requests.map(({ headers, body }) => [headers['webhook-id'], body]));
    expect(http.requests.every(({ headers, body }) => bodies.get(headers['webhook-id']) === body)).toBe(true);
    expect(new Set(bodies.values()).size).toBe(bodies.size);
    rmSync(folder, { recursive: true });
  }, 90_000);
});

async function kill(child: ChildProcessByStdio<null, Readable, null>): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'close');
}
