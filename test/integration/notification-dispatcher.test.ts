import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import type { RunningService } from '@sentinel-forge/chassis';
import { type NoticeOutcome, requests, type Scope, type SelfMitigation } from '@sentinel-forge/contracts';
import { listDeadLetters, requestApp } from '@sentinel-forge/messaging';
import { type NoticePage, service } from '@sentinel-forge/notification-dispatcher';
import { HttpTestServer, type ReceivedRequest, SmtpTestServer, waitFor } from '@sentinel-forge/testing';
import { TestMesh } from '../support/test-mesh.js';
import { testToken } from '../support/tokens.js';

const program = fileURLToPath(new URL('../../apps/notification-dispatcher/dist/main.js', import.meta.url));
const key = randomBytes(32);
const mitigationIdOf = (number: number): string => `m-${number.toString(16).padStart(32, '0')}`;

/** A mesh, a mail server and a web server, and what a dispatcher between them needs. */
class Stage implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'dispatcher-'));
  readonly #children = new Set<ChildProcess>();

  private constructor(
    readonly mesh: TestMesh,
    readonly smtp: SmtpTestServer,
    readonly http: HttpTestServer,
  ) {}

  static async open(): Promise<Stage> {
    return new Stage(await TestMesh.open(), await SmtpTestServer.start(), await HttpTestServer.start());
  }

  /** Settings with both channels set up. */
  settings(more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
    return {
      FORGE_DATA_DIR: this.folder,
      NOTIFICATION_DISPATCHER_PORT: '0',
      SMTP_URL: this.smtp.url,
      NOTIFY_EMAIL_TO: 'ops@example.org',
      NOTIFY_WEBHOOK_URL: `${this.http.url}/hook`,
      NOTIFY_WEBHOOK_SECRET: `whsec_${key.toString('base64')}`,
      ...more,
    };
  }

  start(more: Readonly<Record<string, string>> = {}): Promise<RunningService> {
    return this.mesh.start(service, this.settings(more));
  }

  /** A dispatcher as a process of its own. Resolves when it listens. */
  async spawn(more: Readonly<Record<string, string>> = {}): Promise<{ child: ChildProcess; url: string }> {
    const env = this.mesh.environment(this.settings(more));
    const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    this.#children.add(child);
    for await (const line of createInterface(child.stdout)) {
      const { evt, url } = JSON.parse(line) as { evt: string; url?: string };
      if (evt === 'service.started' && url !== undefined) {
        child.stdout.resume();
        return { child, url };
      }
    }
    throw new Error('the dispatcher ended before it listened');
  }

  /** Says an event as another app would: a CloudEvent in structured mode. */
  say(app: string, subject: string, type: string, id: string, data: object, traceId = '1'.repeat(32)): void {
    const traceparent = `00-${traceId}-${'2'.repeat(16)}-01`;
    const event = { specversion: '1.0', id, type, source: `/${app}`, traceparent, data };
    this.mesh.connection.publish(subject, JSON.stringify(event));
  }

  /** Says that a mitigation was applied. */
  sayApplied(number: number, traceId?: string): void {
    const target = { host: 'test-host', id: 'c0ffee', name: `web-${number}` };
    const data = { mitigationId: mitigationIdOf(number), action: 'isolate', target, reason: 'a test', actor: 'test' };
    this.say(
      'supervisor',
      'mitigation.supervisor.applied',
      'forge.mitigation.applied.v1',
      `e-${number}`,
      data,
      traceId,
    );
  }

  /** The data of what is said on a subject, from now on. */
  async hear<T>(subject: string): Promise<readonly (T & { readonly traceparent: string })[]> {
    const heard: (T & { readonly traceparent: string })[] = [];
    this.mesh.connection.subscribe(subject, {
      callback: (_error, message) => {
        heard.push({ ...message.json<T>(), traceparent: message.headers?.get('traceparent') ?? '' });
      },
    });
    await this.mesh.connection.flush();
    return heard;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      await end(child, 'SIGKILL');
    }
    await this.mesh[Symbol.asyncDispose]();
    await Promise.all([this.smtp.stop(), this.http.stop()]);
    rmSync(this.folder, { recursive: true });
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await once(child, 'exit');
  }
  return child.exitCode;
}

async function call(
  url: string,
  path: string,
  options: { readonly body?: unknown; readonly scopes?: readonly Scope[]; readonly isAnonymous?: boolean } = {},
): Promise<{ readonly status: number; readonly headers: Headers; readonly body: Record<string, unknown> }> {
  const { body, scopes, isAnonymous } = options;
  const authorization = { authorization: `Bearer ${await testToken(scopes)}` };
  const response = await fetch(url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', ...(isAnonymous === true ? {} : authorization) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : { text } };
}

async function noticesOf(url: string, query: string): Promise<NoticePage['notices']> {
  return (await call(url, `/notices?${query}`)).body.notices as NoticePage['notices'];
}

/** Standard Webhooks, from its specification and nothing of ours. */
function isSigned({ headers, body }: ReceivedRequest): boolean {
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return headers['webhook-signature'] === `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
}

const titleOf = (request: ReceivedRequest): string => JSON.parse(request.body).data.title;
const idOf = (request: ReceivedRequest): string => String(request.headers['webhook-id']);

describe('what an event of the mesh comes to', () => {
  it('is a mail and a signed webhook, an outcome for each, and one history over HTTP and forge.rpc', async () => {
    await using stage = await Stage.open();
    const traceId = 'a'.repeat(32);
    const delivered = await stage.hear<NoticeOutcome>('notify.delivered');
    const { url } = await stage.start();
    stage.sayApplied(1, traceId);

    const [mail] = await stage.smtp.untilMails(1);
    const [webhook] = await stage.http.untilRequests(1);
    expect(mail).toMatchObject({ to: ['ops@example.org'] });
    expect(mail?.header('subject')).toBe('[high] Isolated web-1 on test-host');
    expect(mail?.header('x-trace-id')).toBe(traceId);
    expect(webhook !== undefined && isSigned(webhook)).toBe(true);
    expect(JSON.parse(webhook?.body ?? '')).toMatchObject({
      type: 'forge.notice',
      data: { title: 'Isolated web-1 on test-host', severity: 8, traceId, data: { action: 'isolate' } },
    });

    await waitFor(() => delivered.length === 2, { description: 'two outcomes' });
    const ids = [mail?.header('x-idempotency-key') ?? '', webhook === undefined ? '' : idOf(webhook)];
    expect(delivered.map(({ noticeId }) => noticeId).sort()).toEqual([...ids].sort());
    expect(delivered.every(({ traceparent }) => traceparent.includes(traceId))).toBe(true);

    const overHttp = (await call(url, `/notices?traceId=${traceId}`)).body;
    const token = await testToken(['notify:read']);
    const app = 'notification-dispatcher';
    const overRpc = await requestApp(stage.mesh.connection, requests.listNotices, app, { traceId }, { token });
    expect(overRpc).toEqual(overHttp);
    expect((overHttp as unknown as NoticePage).notices.map(({ id, state }) => `${id} ${state}`).sort()).toEqual(
      ids.map((id) => `${id} delivered`).sort(),
    );
    const metrics = String((await call(url, '/metrics')).body.text);
    expect(metrics).toContain('forge_notices_queued_total{channel="email"} 1');
    expect(metrics).toContain('forge_messages_settled_total{channel="webhook",state="delivered"} 1');
    expect(metrics).toContain('forge_notices_waiting{channel="email",state="held"} 0');
    expect(metrics).toContain('forge_channel_circuits_open{channel="webhook"} 0');
  });

  it('is told once, however often it is delivered', async () => {
    await using stage = await Stage.open();
    const first = await stage.start();
    stage.sayApplied(1);
    await stage.http.untilRequests(1);
    await first.stop();
    await stage.mesh.connection.request('$JS.API.CONSUMER.RESET.MITIGATION.notification-dispatcher', '{"seq":1}');
    const { url } = await stage.start();
    stage.sayApplied(2);
    await stage.http.untilRequests(2);
    expect(stage.http.requests.map(titleOf)).toEqual(['Isolated web-1 on test-host', 'Isolated web-2 on test-host']);
    const ofMitigations = (await noticesOf(url, '')).filter(({ subject }) => subject.startsWith('mitigation.'));
    expect(ofMitigations).toHaveLength(4);
  });

  it('is no news when a service was only restarted, the dispatcher itself included', async () => {
    await using stage = await Stage.open();
    const first = await stage.start();
    await waitFor(() => first.readiness().status === 'up', { description: 'readiness' });
    await first.stop();
    const { url } = await stage.start();
    const sayHealth = (app: string, state: string): void => {
      const data = { version: '1', instance: '1', reason: 'a test', dependencies: [] };
      stage.say(app, `health.service.${app}.${state}`, 'forge.health.service.v1', `${app}-${state}`, data);
    };
    sayHealth('supervisor', 'down');
    await stage.mesh.connection.flush();
    sayHealth('supervisor', 'up');
    const untold = async (): Promise<readonly string[]> =>
      (await noticesOf(url, '')).filter(({ state }) => state === 'untold').map(({ title }) => title);
    await waitFor(async () => (await untold()).length === 2, {
      description: 'both to be written down',
      timeoutMs: 20_000,
    });
    expect([...(await untold())].sort()).toEqual(['notification-dispatcher is down', 'supervisor is down']);
    expect(stage.http.requests).toEqual([]);
  }, 30_000);

  it('is told though the outbox was made while the clock was an hour ahead', async () => {
    await using stage = await Stage.open();
    await (await stage.start()).stop();
    const file = new DatabaseSync(join(stage.folder, 'notification-dispatcher', 'outbox.sqlite'));
    file.prepare('UPDATE outbox SET created_at = ?').run(Date.now() + 3_600_000);
    file.close();
    stage.sayApplied(1);
    const { url } = await stage.start();
    const [notice] = await waitFor(
      async () => {
        const notices = await noticesOf(url, '');
        return notices.some(({ state }) => state === 'delivered') && notices;
      },
      { description: 'the notice to be delivered' },
    );
    expect(notice).toMatchObject({ state: 'delivered' });
    expect(stage.http.requests).toHaveLength(1);
  });

  it('is written down, and waits for nothing, where nobody is set up to be told', async () => {
    await using stage = await Stage.open();
    const { url } = await stage.start({ SMTP_URL: '', NOTIFY_WEBHOOK_URL: '', NOTIFY_WEBHOOK_SECRET: '' });
    const { status } = await call(url, '/notify', { body: { title: 'Hello', body: 'World' } });
    expect(status).toBe(202);
    const [notice] = await waitFor(
      async () => {
        const notices = await noticesOf(url, '');
        return notices.length > 0 && notices;
      },
      { description: 'the notice' },
    );
    expect(notice).toMatchObject({ state: 'untold', title: 'Hello', reason: expect.stringContaining('no channel') });
    await waitFor(async () => (await call(url, '/ready')).status === 200, { description: 'readiness' });
    expect(String((await call(url, '/metrics')).body.text)).toContain(
      'forge_notices_waiting{channel="email",state="pending"} 0',
    );
    expect(statSync(join(stage.folder, 'notification-dispatcher', 'webhook.secret')).mode & 0o777).toBe(0o600);
  });

  it('is one digest and a few messages when there are 10,000 of them, and none is left out', async () => {
    await using stage = await Stage.open();
    await stage.start({ NOTIFY_DIGEST_AFTER_SECONDS: '3' });
    for (let number = 0; number < 10_000; number += 1) {
      stage.sayApplied(number);
    }
    await stage.mesh.connection.flush();
    const told = (): number =>
      stage.http.requests.reduce((sum, { body }) => {
        const { type, data } = JSON.parse(body) as { type: string; data: { data: { count?: number } } };
        return sum + (type === 'forge.digest' ? (data.data.count ?? 0) : 1);
      }, 0);
    await waitFor(() => told() >= 10_000, { description: 'all 10,000', timeoutMs: 60_000 });
    expect(told()).toBe(10_000);
    expect(stage.http.requests.length).toBeLessThan(60);
    await waitFor(() => stage.smtp.mails.some((mail) => / notices in one digest/.test(mail.header('subject'))), {
      description: 'a digest by mail',
    });
    expect(stage.smtp.mails.length).toBeLessThan(60);
  }, 90_000);
});

describe('the receiver that the README shows', () => {
  it('takes what the dispatcher signed with the secret that it made, and refuses what somebody else sent', async () => {
    await using stage = await Stage.open();
    const readme = readFileSync(
      fileURLToPath(new URL('../../apps/notification-dispatcher/README.md', import.meta.url)),
      'utf8',
    );
    const receiver = join(stage.folder, 'receiver.mjs');
    writeFileSync(receiver, /```js\n(.*?)```/s.exec(readme)?.[1] ?? '');
    const own = { SMTP_URL: '', NOTIFY_WEBHOOK_URL: '', NOTIFY_WEBHOOK_SECRET: '' };
    await (await stage.start(own)).stop(); // the first start makes the secret
    const secret = readFileSync(join(stage.folder, 'notification-dispatcher', 'webhook.secret'), 'utf8').trim();
    const child = spawn(process.execPath, [receiver], {
      env: { PORT: '0', WEBHOOK_SECRET: secret },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const lines: string[] = [];
      createInterface(child.stdout).on('line', (line) => lines.push(line));
      const listening = await waitFor(() => lines[0], { description: 'the receiver' });
      const hook = `http://127.0.0.1:${listening.split(' ').at(-1)}/hook`;
      const { url } = await stage.start({ ...own, NOTIFY_WEBHOOK_URL: hook });
      stage.sayApplied(1);
      await waitFor(() => lines.length === 2, { description: 'the notice' });
      expect(lines[1]).toBe('8 Isolated web-1 on test-host');
      const [notice] = await noticesOf(url, '');
      const forged = { 'webhook-id': notice?.id ?? '', 'webhook-timestamp': '1', 'webhook-signature': 'v1,AAAA' };
      expect((await fetch(hook, { method: 'POST', headers: forged, body: '{}' })).status).toBe(401);
      const now = { ...forged, 'webhook-timestamp': String(Math.floor(Date.now() / 1000)) };
      expect((await fetch(hook, { method: 'POST', headers: now, body: '{}' })).status).toBe(401);
    } finally {
      await end(child, 'SIGKILL');
    }
  }, 15_000);
});

describe('a dispatcher whose servers are away', () => {
  it('delivers everything under one id each, though it is killed -9 meanwhile', async () => {
    await using stage = await Stage.open();
    const self = await stage.hear<SelfMitigation>('mitigation.notification-dispatcher.self');
    const first = await stage.spawn();
    await Promise.all([stage.smtp.stop(), stage.http.stop()]);
    const titles = Array.from({ length: 8 }, (_, number) => `Asked ${number}`);
    for (const title of titles) {
      expect((await call(first.url, '/notify', { body: { title, body: 'b' } })).status).toBe(202);
    }
    await waitFor(() => self.filter(({ what }) => what === 'breaker-opened').length === 2, {
      description: 'both breakers opened',
    });
    const known = await noticesOf(first.url, 'limit=1000');
    expect(known.filter(({ title }) => titles.includes(title)).map(({ state }) => state)).not.toContain('delivered');
    const { body } = await call(first.url, '/channels');
    expect(body.channels).toMatchObject([
      { name: 'email', isSetUp: true, tells: ['ops@example.org'], outOfOrder: [{ circuit: 'email' }] },
      { name: 'webhook', isSetUp: true, outOfOrder: [{ circuit: 'webhook:configured' }] },
    ]);
    // A receiver that is away for a moment is not the health of the service.
    expect((await call(first.url, '/ready')).status).toBe(200);
    await end(first.child, 'SIGKILL');

    await Promise.all([stage.smtp.restart(), stage.http.restart()]);
    const second = await stage.spawn();
    const arrived = (): readonly string[] => stage.http.requests.map(titleOf).filter((title) => titles.includes(title));
    const mailed = (): readonly string[] =>
      stage.smtp.mails.map((mail) => mail.header('subject')).filter((subject) => subject.includes('Asked'));
    await waitFor(() => arrived().length >= 8 && mailed().length >= 8, {
      description: 'all eight on both channels',
      timeoutMs: 30_000,
    });
    expect([...arrived()].sort()).toEqual(titles);
    expect([...mailed()].sort()).toEqual(titles.map((title) => `[medium] ${title}`));
    await waitFor(() => self.filter(({ what }) => what === 'breaker-closed').length === 2, {
      description: 'both breakers closed',
    });
    const asked = (await noticesOf(second.url, 'limit=1000')).filter(({ title }) => titles.includes(title));
    const ids = [...stage.http.requests.map(idOf), ...stage.smtp.mails.map((mail) => mail.header('x-idempotency-key'))];
    expect(asked).toHaveLength(16);
    expect(asked.every(({ id }) => ids.filter((other) => other === id).length === 1)).toBe(true);
    expect(stage.http.requests.every(isSigned)).toBe(true);
  }, 60_000);

  it('tells every event once or under the id it had before, though it is killed -9 five times under load', async () => {
    await using stage = await Stage.open();
    const settings = { SMTP_URL: '', NOTIFY_CAP_PER_MINUTE: '10000' };
    let said = 0;
    for (const life of [1, 2, 3, 4, 5]) {
      const { child } = await stage.spawn(settings);
      const enough = stage.http.requests.length + 7 * life;
      for (const last = said + 60; said < last; said += 1) {
        stage.sayApplied(said);
      }
      await stage.http.untilRequests(enough);
      await end(child, 'SIGKILL');
    }
    await stage.spawn(settings);
    const titles = (): ReadonlySet<string> =>
      new Set(stage.http.requests.map(titleOf).filter((title) => title.startsWith('Isolated')));
    await waitFor(() => titles().size === said, { description: `all ${said}`, timeoutMs: 30_000 });
    const applied = stage.http.requests.filter((request) => titleOf(request).startsWith('Isolated'));
    expect(new Set(applied.map(idOf)).size).toBe(said);
    expect(new Set(applied.map(({ body }) => body)).size).toBe(said);
  }, 90_000);

  it('exits 0 on SIGTERM in the middle of a try, and the next one tries again under the same id', async () => {
    await using stage = await Stage.open();
    stage.http.answerNext({ status: 200, hang: true });
    const first = await stage.spawn({ SMTP_URL: '' });
    stage.sayApplied(1);
    await stage.http.untilRequests(1);
    expect(await end(first.child, 'SIGTERM')).toBe(0);
    await stage.spawn({ SMTP_URL: '' });
    const requests = await stage.http.untilRequests(2);
    expect(new Set(requests.map(idOf)).size).toBe(1);
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
  }, 60_000);
});

describe('POST /notify', () => {
  it('answers 202 with the trace that the notice is found under, once it is in the stream', async () => {
    await using stage = await Stage.open();
    const { url } = await stage.start();
    const body = { title: 'Disk full', body: 'db-1', channel: 'email', to: 'dba@example.org', severity: 9 };
    const answer = await call(url, '/notify', { body });
    expect(answer).toMatchObject({ status: 202, body: { traceId: answer.headers.get('x-trace-id') } });
    const [mail] = await stage.smtp.untilMails(1);
    expect(mail).toMatchObject({ to: ['dba@example.org'] });
    const [notice] = await noticesOf(url, `traceId=${answer.body.traceId}`);
    expect(notice).toMatchObject({ eventId: answer.body.eventId, channel: 'email', recipient: 'dba@example.org' });
    expect(stage.http.requests).toEqual([]);

    const traceId = 'b'.repeat(32);
    expect((await call(url, '/notify', { body: { ...body, traceId } })).body.traceId).toBe(traceId);
    await stage.smtp.untilMails(2);
    expect(await noticesOf(url, `traceId=${traceId}`)).toHaveLength(1);
  });

  it('refuses with 400 and the field what breaks the contract or could never be delivered, before it is said', async () => {
    await using stage = await Stage.open();
    const heard = await stage.hear('notify.>');
    const { url } = await stage.start({ SMTP_URL: '' });
    const good = { title: 'Hello', body: 'World' };
    const refused: readonly (readonly [object, string, string])[] = [
      [{ body: 'World' }, 'title', 'FORGE_EVENT_INVALID'],
      [{ ...good, severity: 11 }, 'severity', 'FORGE_EVENT_INVALID'],
      [{ ...good, tittle: 'x' }, 'tittle', 'FORGE_EVENT_INVALID'],
      [{ ...good, channel: 'pigeon' }, 'channel', 'FORGE_EVENT_INVALID'],
      [{ ...good, channel: 'email' }, 'channel', 'FORGE_NOTIFY_CHANNEL'],
      [{ ...good, channel: 'webhook', to: 'ops@example.org' }, 'to', 'FORGE_NOTIFY_RECIPIENT'],
      [{ ...good, to: 'http://169.254.169.254/latest/meta-data' }, 'to', 'FORGE_NOTIFY_EGRESS'],
      [{ ...good, to: `${stage.http.url}/other` }, 'to', 'FORGE_NOTIFY_EGRESS'],
    ];
    for (const [body, path, code] of refused) {
      const answer = await call(url, '/notify', { body });
      expect(answer).toMatchObject({ status: 400, body: { code, problems: [{ path }] } });
      expect(answer.body.detail).toContain(path);
    }
    const broken = await fetch(`${url}/notify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await testToken()}` },
      body: '{"title":',
    });
    expect(broken.status).toBe(400);
    expect((await call(url, '/notify', { body: good, isAnonymous: true })).status).toBe(401);
    expect((await call(url, '/notify', { body: good, scopes: ['notify:read'] })).status).toBe(403);
    expect((await call(url, '/notices', { scopes: ['notify:write'] })).status).toBe(403);
    await stage.mesh.connection.flush();
    expect(heard).toEqual([]);
  });

  it('never lets a name lead inside: it is refused when the name is looked up, and nothing is contacted', async () => {
    await using stage = await Stage.open();
    const { url } = await stage.start();
    const to = `http://localhost:${stage.http.port}/steal`;
    const { status, body } = await call(url, '/notify', { body: { title: 'Hello', body: 'World', to } });
    expect(status).toBe(202);
    const [notice] = await waitFor(
      async () => {
        const notices = await noticesOf(url, `failed=true&traceId=${body.traceId}`);
        return notices.length > 0 && notices;
      },
      { description: 'the failure' },
    );
    expect(notice).toMatchObject({ state: 'failed', attempts: 1, reason: expect.stringContaining('not contacted') });
    expect(JSON.stringify(notice)).not.toContain('steal');
    expect(stage.http.requests).toEqual([]);
  });
});

describe('what cannot be delivered', () => {
  it('is a failed notice that can be sent again under its id, over HTTP and forge.rpc', async () => {
    await using stage = await Stage.open();
    const failed = await stage.hear<NoticeOutcome>('notify.failed');
    const { url } = await stage.start({ SMTP_URL: '' });
    stage.http.answerNext({ status: 410 }, { status: 410 });
    stage.sayApplied(1);
    const outcomes = await waitFor(() => failed.length === 1 && failed, { description: 'the failure' });
    const id = outcomes[0]?.noticeId ?? '';
    expect(await noticesOf(url, 'failed=true')).toMatchObject([{ id, state: 'failed', reason: 'HTTP 410' }]);
    expect((await call(url, `/notices/${id}/replay`, { body: {}, scopes: ['notify:read'] })).status).toBe(403);
    expect(await call(url, `/notices/${id}/replay`, { body: {} })).toMatchObject({ status: 202, body: { id } });
    await waitFor(() => failed.length === 2, { description: 'the second failure' });

    const app = 'notification-dispatcher';
    const token = await testToken(['notify:write']);
    const replay = (): Promise<unknown> =>
      requestApp(stage.mesh.connection, requests.replayNotice, app, { id }, { token });
    expect(await replay()).toEqual({ id });
    await waitFor(async () => (await noticesOf(url, 'failed=true')).length === 0, { description: 'no failed one' });
    await stage.http.untilRequests(3);
    expect(new Set(stage.http.requests.map(idOf))).toEqual(new Set([id]));
    await expect(replay()).rejects.toMatchObject({ code: 'FORGE_NOTIFY_UNKNOWN' });
    expect((await call(url, `/notices/${id}/replay`, { body: {} })).status).toBe(404);
    expect(await call(url, '/notices/x/replay', { body: {} })).toMatchObject({
      status: 400,
      body: { problems: [{ path: 'id' }] },
    });
  });

  it('is a dead letter when a request in the stream names whom no channel can reach', async () => {
    await using stage = await Stage.open();
    await stage.start();
    const data = { title: 'Hello', body: 'World', to: 'http://10.0.0.1/' };
    stage.say('notification-dispatcher', 'notify.requested', 'forge.notify.requested.v1', 'wrong', data);
    const letter = await waitFor(
      async () => {
        for await (const found of listDeadLetters(stage.mesh.connection)) {
          return found;
        }
        return undefined;
      },
      { description: 'a dead letter' },
    );
    expect(letter.event.data).toMatchObject({ cause: 'rejected', code: 'FORGE_NOTIFY_EGRESS', deliveries: 1 });
    expect(letter.event.data.reason).toContain('to: 10.0.0.1 was not contacted');
  });
});

describe('the history', () => {
  it('is read page by page, each notice once', async () => {
    await using stage = await Stage.open();
    const { url } = await stage.start({ SMTP_URL: '' });
    for (let number = 0; number < 5; number += 1) {
      stage.sayApplied(number);
    }
    await stage.http.untilRequests(5);
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const { body } = await call(url, `/notices?limit=2${after === undefined ? '' : `&after=${after}`}`);
      const page = body as unknown as NoticePage;
      expect(page.notices.length).toBeLessThanOrEqual(2);
      seen.push(...page.notices.map(({ eventId }) => eventId));
      after = page.next;
    } while (after !== undefined);
    expect(seen.sort()).toEqual(['e-0', 'e-1', 'e-2', 'e-3', 'e-4']);
    for (const [query, path] of [
      ['limit=0', 'limit'],
      ['limit=many', 'limit'],
      ['failed=perhaps', 'failed'],
      ['traceId=abc', 'traceId'],
      ['x=y', 'x'],
    ]) {
      expect(await call(url, `/notices?${query}`)).toMatchObject({ status: 400, body: { problems: [{ path }] } });
    }
    expect((await call(url, '/notices?after=abc')).status).toBe(400);
  });
});

describe('a dispatcher that cannot work', () => {
  it('does not start on a file of routes that is wrong, and names every wrong line', async () => {
    await using stage = await Stage.open();
    const file = join(stage.folder, 'routes.yaml');
    writeFileSync(
      file,
      'version: 1\nroutes:\n  - { name: a, on: nothing.>, channels: email }\n  - { name: b, on: health.>, channels: fax }\n',
    );
    const attempt = stage.start({ NOTIFY_ROUTES: file });
    await expect(attempt).rejects.toMatchObject({ code: 'FORGE_NOTIFY_ROUTES' });
    await expect(attempt).rejects.toThrow(/routes\.yaml:3:.*nothing is ever heard.*routes\.yaml:4:.*no channel "fax"/s);
  });

  it('does not start on an outbox that another one uses', async () => {
    await using stage = await Stage.open();
    await stage.start();
    await expect(stage.start()).rejects.toMatchObject({ code: 'FORGE_NOTIFY_OUTBOX' });
  });
});
