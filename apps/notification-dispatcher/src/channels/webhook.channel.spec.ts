import { HttpTestServer } from '@sentinel-forge/testing';
import type { OutboundMessage } from './channel.port.js';
import { WebhookChannel, type WebhookSettings } from './webhook.channel.js';
import { newWebhookSecret, signingKey, webhookSignature } from './webhook.signature.js';

const secrets = [newWebhookSecret(), newWebhookSecret()];
const message: OutboundMessage = {
  id: 'n-00000000000000000000000000000001',
  kind: 'notice',
  title: 'Quarantined web-1',
  body: 'Because.',
  severity: 9,
  traceId: '0af7651916cd43dd8448eb211c80319c',
  occurredAtMs: Date.parse('2026-01-01T00:00:00Z'),
  data: { container: 'web-1' },
};
const never = new AbortController().signal;

describe('webhook channel', () => {
  let server: HttpTestServer;
  const channels: WebhookChannel[] = [];
  const channelWith = (settings: Partial<WebhookSettings>): WebhookChannel => {
    const channel = new WebhookChannel({ secrets, egressAllow: [], ...settings });
    channels.push(channel);
    return channel;
  };
  beforeEach(async () => {
    server = await HttpTestServer.start();
  });
  afterEach(async () => {
    await Promise.all(channels.splice(0).map((channel) => channel.close()));
    await server.stop();
  });

  it('sends a body that any Standard Webhooks library can verify, with every secret', async () => {
    const channel = channelWith({ url: `${server.url}/hook?key=1` });
    expect((await channel.send(message, 'default', never)).kind).toBe('delivered');
    const [request] = server.requests;
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = request?.headers ?? {};
    expect(request?.path).toBe('/hook?key=1');
    expect(id).toBe(message.id);
    expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(60);
    expect(signature).toBe(
      webhookSignature(secrets.map(signingKey), message.id, Number(timestamp), request?.body ?? ''),
    );
    expect(JSON.parse(request?.body ?? '')).toEqual({
      type: 'forge.notice',
      timestamp: '2026-01-01T00:00:00.000Z',
      data: {
        id: message.id,
        title: message.title,
        body: message.body,
        severity: 9,
        traceId: message.traceId,
        data: { container: 'web-1' },
      },
    });
  });

  it('sends the same id and the same body in every try, with a fresh timestamp', async () => {
    let nowMs = Date.now();
    const channel = channelWith({ url: server.url, now: () => nowMs });
    server.answerNext({ status: 503 });
    await channel.send(message, 'default', never);
    nowMs += 60_000;
    await channel.send(message, 'default', never);
    const [first, second] = server.requests;
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(second?.body).toBe(first?.body);
    expect(Number(second?.headers['webhook-timestamp']) - Number(first?.headers['webhook-timestamp'])).toBe(60);
  });

  it('takes Retry-After from the answer', async () => {
    const channel = channelWith({ url: server.url });
    server.answerNext({ status: 429, headers: { 'retry-after': '7' } });
    expect(await channel.send(message, 'default', never)).toMatchObject({ kind: 'transient', retryAfterMs: 7000 });
  });

  it('never follows a redirect, be it to the inside or elsewhere', async () => {
    const channel = channelWith({ url: server.url });
    server.answerNext({ status: 302, headers: { location: `${server.url}/elsewhere` } });
    expect((await channel.send(message, 'default', never)).kind).toBe('permanent');
    expect(server.requests.map(({ path }) => path)).toEqual(['/']);
  });

  it('gives up a receiver that does not answer in time, and says so', async () => {
    const channel = channelWith({ url: server.url, timeoutMs: 100 });
    server.answerNext({ status: 200, hang: true });
    expect(await channel.send(message, 'default', never)).toEqual({
      kind: 'transient',
      fault: 'endpoint',
      reason: 'no answer in time',
    });
  });

  it('takes a receiver that is not there as a fault of the endpoint', async () => {
    const channel = channelWith({ url: server.url });
    await server.stop();
    expect(await channel.send(message, 'default', never)).toMatchObject({
      kind: 'transient',
      fault: 'endpoint',
      reason: 'ECONNREFUSED',
    });
  });

  it('does not swallow an endless answer, and counts the status all the same', async () => {
    const channel = channelWith({ url: server.url });
    server.answerNext({ status: 200, body: Buffer.alloc(50 * 1024 * 1024) });
    const before = process.memoryUsage().rss;
    expect((await channel.send(message, 'default', never)).kind).toBe('delivered');
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });

  it('reaches the inside at the URL of the settings, but not when a request names the very same address', async () => {
    const channel = channelWith({ url: server.url });
    expect((await channel.send(message, 'default', never)).kind).toBe('delivered');
    expect(() => channel.recipients(`${server.url}/other`)).toThrow(
      expect.objectContaining({ code: 'FORGE_NOTIFY_EGRESS' }),
    );
    // Even past the first check, with a connection to that address open already.
    expect(await channel.send(message, `${server.url}/other`, never)).toMatchObject({ kind: 'permanent' });
    expect(server.requests).toHaveLength(1);
  });

  it('does not let a request ride on the connection that is open to the receiver of the settings', async () => {
    const channel = channelWith({ url: `http://localhost:${server.port}/` });
    expect((await channel.send(message, 'default', never)).kind).toBe('delivered');
    const [sameHost] = channel.recipients(`http://localhost:${server.port}/other`);
    expect(await channel.send(message, sameHost?.address ?? '', never)).toMatchObject({ kind: 'permanent' });
    expect(server.requests).toHaveLength(1);
  });

  it('refuses a name that turns out to be inside only when it is resolved, for good', async () => {
    const channel = channelWith({
      resolve: (_host, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    const [recipient] = channel.recipients(`http://hooks.example.org:${server.port}/`);
    const outcome = await channel.send(message, recipient?.address ?? '', never);
    expect(outcome).toMatchObject({ kind: 'permanent', reason: expect.stringContaining('127.0.0.1') });
    expect(server.requests).toHaveLength(0);
  });

  it('reaches a receiver inside that the operator allowed', async () => {
    const channel = channelWith({ egressAllow: [`127.0.0.1:${server.port}`] });
    const [recipient] = channel.recipients(`${server.url}/in`);
    expect(recipient).toMatchObject({ label: server.url, circuit: `webhook:${server.url}` });
    expect((await channel.send(message, recipient?.address ?? '', never)).kind).toBe('delivered');
  });

  it('shows of a URL no more than its origin', () => {
    const [recipient] = channelWith({}).recipients('https://hooks.example.org/services/T0/B0/secret?key=secret');
    expect(`${recipient?.label} ${recipient?.circuit}`).not.toContain('secret');
  });

  it('has no recipient of its own without a URL', () => {
    expect(channelWith({}).recipients()).toEqual([]);
  });
});
