import { ConnectProxy, HttpTestServer, SmtpTestServer } from '@sentinel-forge/testing';
import type { OutboundMessage } from '../channels/channel.port.js';
import { EmailChannel } from '../channels/email.channel.js';
import { WebhookChannel } from '../channels/webhook.channel.js';
import { newWebhookSecret } from '../channels/webhook.signature.js';

const message: OutboundMessage = {
  id: 'n-00000000000000000000000000000001',
  kind: 'notice',
  title: 'Quarantined web-1',
  body: 'Because.',
  severity: 9,
  traceId: '0af7651916cd43dd8448eb211c80319c',
  occurredAtMs: Date.parse('2026-01-01T00:00:00Z'),
  data: {},
};
const never = new AbortController().signal;

describe('through an HTTP proxy', () => {
  let disposables: AsyncDisposableStack;
  let http: HttpTestServer;
  let smtp: SmtpTestServer;
  let proxy: ConnectProxy;

  // No such name resolves here: what arrives was resolved by the proxy.
  beforeEach(async () => {
    disposables = new AsyncDisposableStack();
    http = disposables.use(await HttpTestServer.start());
    smtp = await SmtpTestServer.start();
    disposables.defer(() => smtp.stop());
    proxy = disposables.use(
      await ConnectProxy.start({
        'hooks.example.org:80': http.port,
        'hooks.internal:80': http.port,
        '127.0.0.1:80': http.port,
        'away.example.org:80': 1,
        'mail.example.org:25': Number(new URL(smtp.url).port),
      }),
    );
  });
  afterEach(() => disposables.disposeAsync());

  function webhooks(settings: { readonly url?: string; readonly egressAllow?: readonly string[] } = {}) {
    const channel = new WebhookChannel({
      secrets: [newWebhookSecret()],
      egressAllow: [],
      proxyUrl: proxy.url,
      timeoutMs: 2_000,
      ...settings,
    });
    disposables.defer(() => channel.close());
    return channel;
  }

  function mails(host: string) {
    const channel = new EmailChannel({ smtpUrl: `smtp://${host}:25`, proxyUrl: proxy.url, timeoutMs: 2_000 });
    disposables.defer(() => channel.close());
    return channel;
  }

  it('a webhook goes to a name that only the proxy can resolve', async () => {
    expect(await webhooks().send(message, 'http://hooks.example.org/hook', never)).toMatchObject({ kind: 'delivered' });
    expect(proxy.asked).toEqual(['hooks.example.org:80']);
    expect(http.requests[0]).toMatchObject({ method: 'POST', path: '/hook', headers: { host: 'hooks.example.org' } });
  });

  it('a mail goes the same way, the greeting of its server included', async () => {
    expect(await mails('mail.example.org').send(message, 'ops@example.org', never)).toMatchObject({
      kind: 'delivered',
    });
    expect(proxy.asked).toEqual(['mail.example.org:25']);
    expect(smtp.mails[0]?.to).toEqual(['ops@example.org']);
  });

  it('what the proxy refuses is said to be refused: a webhook is given up, mail waits for the settings to be mended', async () => {
    expect(await webhooks().send(message, 'http://elsewhere.example.org/', never)).toEqual({
      kind: 'permanent',
      fault: 'endpoint',
      reason: expect.stringContaining('elsewhere.example.org:80 was not contacted: the proxy refuses it (403)'),
    });
    expect(await mails('other.example.org').send(message, 'ops@example.org', never)).toEqual({
      kind: 'transient',
      fault: 'endpoint',
      reason: expect.stringContaining('other.example.org:25 was not contacted: the proxy refuses it (403)'),
    });
  });

  it('a receiver that is away, and a proxy that is, are tried again', async () => {
    const away = { kind: 'transient', fault: 'endpoint' };
    expect(await webhooks().send(message, 'http://away.example.org/', never)).toMatchObject({
      ...away,
      reason: 'PROXY_502',
    });
    const channel = webhooks();
    await proxy[Symbol.asyncDispose]();
    expect(await channel.send(message, 'http://hooks.example.org/', never)).toMatchObject({
      ...away,
      reason: 'ECONNREFUSED',
    });
  });

  it.each(['http://127.0.0.1/', 'http://hooks.internal/', 'http://localhost/', 'http://db/'])(
    'the inside stays out of reach of a request’s `to`, without the proxy being asked: %s',
    async (to) => {
      const outcome = await Promise.resolve()
        .then(() => webhooks().send(message, to, never))
        .catch((error: Error) => error);
      expect(outcome).toMatchObject({ kind: 'permanent', reason: expect.stringContaining('was not contacted') });
      expect(proxy.asked).toEqual([]);
    },
  );

  it('the operator’s own URL, and what NOTIFY_EGRESS_ALLOW names, may be inside', async () => {
    const channel = webhooks({ url: 'http://hooks.internal/hook', egressAllow: ['127.0.0.1'] });
    expect(await channel.send(message, 'default', never)).toMatchObject({ kind: 'delivered' });
    expect(await channel.send(message, 'http://127.0.0.1/', never)).toMatchObject({ kind: 'delivered' });
    expect(await channel.send(message, 'http://hooks.internal/hook', never)).toMatchObject({ kind: 'permanent' });
  });
});
