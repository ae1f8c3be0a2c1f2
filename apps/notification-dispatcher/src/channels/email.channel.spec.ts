import { SmtpTestServer } from '@sentinel-forge/testing';
import type { OutboundMessage } from './channel.port.js';
import { EmailChannel, type EmailSettings } from './email.channel.js';

const message: OutboundMessage = {
  id: 'n-00000000000000000000000000000001',
  kind: 'notice',
  title: 'Quarantined web-1',
  body: 'Because of <this>.',
  severity: 9,
  traceId: '0af7651916cd43dd8448eb211c80319c',
  occurredAtMs: Date.parse('2026-01-01T00:00:00Z'),
  data: {},
};
const never = new AbortController().signal;

describe('email channel', () => {
  let server: SmtpTestServer;
  const channels: EmailChannel[] = [];
  const channelWith = (settings: Partial<EmailSettings> = {}): EmailChannel => {
    const channel = new EmailChannel({ smtpUrl: server.url, from: 'forge@example.org', timeoutMs: 2000, ...settings });
    channels.push(channel);
    return channel;
  };
  beforeEach(async () => {
    server = await SmtpTestServer.start();
  });
  afterEach(async () => {
    await Promise.all(channels.splice(0).map((channel) => channel.close()));
    await server.stop();
  });

  it('delivers a mail with a plain and an HTML part to exactly one recipient', async () => {
    expect((await channelWith().send(message, 'ops@example.org', never)).kind).toBe('delivered');
    const [mail] = server.mails;
    expect(mail).toMatchObject({ from: 'forge@example.org', to: ['ops@example.org'] });
    expect(mail?.header('to')).toBe('ops@example.org');
    expect(mail?.header('subject')).toBe('[critical] Quarantined web-1');
    expect(mail?.header('content-type')).toMatch(/^multipart\/alternative/);
    expect(mail?.body).toContain('Because of <this>.');
    expect(mail?.body).toContain('Because of &lt;this&gt;.');
  });

  it('keeps Message-ID and idempotency key the same in every try, also through another connection', async () => {
    server.answer({ at: 'data', code: 451, message: 'try later', times: 1 });
    expect(await channelWith().send(message, 'ops@example.org', never)).toMatchObject({
      kind: 'transient',
      fault: 'message',
    });
    await channelWith().send(message, 'ops@example.org', never);
    await channelWith().send(message, 'ops@example.org', never);
    const [first, second] = server.mails;
    expect(first?.header('message-id')).toBe('<n-00000000000000000000000000000001@example.org>');
    expect(second?.header('message-id')).toBe(first?.header('message-id'));
    expect(second?.header('x-idempotency-key')).toBe(message.id);
  });

  it.each([
    ['a recipient that does not exist', 'rcpt', 550, 'permanent', undefined],
    ['a mailbox that is full for now', 'rcpt', 452, 'transient', 'message'],
    ['content that is refused', 'data', 554, 'permanent', undefined],
    ['a server that is too busy', 'mail', 421, 'transient', 'endpoint'],
    ['a sender that must log in first', 'mail', 530, 'transient', 'endpoint'],
    ['a server that takes nobody', 'connect', 554, 'transient', 'endpoint'],
  ] as const)('takes %s (%s %d) as %s', async (_what, at, code, kind, fault) => {
    server.answer({ at, code, message: 'no' });
    const outcome = await channelWith().send(message, 'ops@example.org', never);
    expect(outcome).toMatchObject({
      kind,
      ...(fault === undefined ? {} : { fault }),
      reason: expect.stringContaining(`${code}`),
    });
  });

  it('takes a server that is not there as a fault of the endpoint, and delivers when it is back', async () => {
    const channel = channelWith();
    await channel.send(message, 'ops@example.org', never);
    await server.stop();
    expect(await channel.send(message, 'ops@example.org', never)).toMatchObject({
      kind: 'transient',
      fault: 'endpoint',
    });
    await server.restart();
    expect((await channel.send(message, 'ops@example.org', never)).kind).toBe('delivered');
  });

  it('logs in, and never repeats the password when that fails', async () => {
    await using secured = await SmtpTestServer.start({ user: { user: 'forge', password: 'right horse' } });
    expect((await channelWith({ smtpUrl: secured.url }).send(message, 'ops@example.org', never)).kind).toBe(
      'delivered',
    );
    const wrong = secured.url.replace('right%20horse', 'wrong%20battery');
    const outcome = await channelWith({ smtpUrl: wrong }).send(message, 'ops@example.org', never);
    expect(outcome).toMatchObject({ kind: 'transient', fault: 'endpoint' });
    expect(JSON.stringify(outcome)).not.toMatch(/wrong|battery|d3Jvbmc/);
  });

  it.each([
    'ops@example.org, spy@example.org',
    'ops@example.org\r\nBcc: spy@example.org',
    '"Ops" <ops@example.org>',
    'ops',
    '@x',
  ])('refuses %j as a recipient', (to) => {
    expect(() => channelWith().recipients(to)).toThrow(expect.objectContaining({ code: 'FORGE_NOTIFY_RECIPIENT' }));
  });

  it('addresses everybody it is set up for, each with a mail of their own', () => {
    const channel = channelWith({ to: ['a@example.org', 'b@example.org'] });
    expect(channel.recipients().map(({ address }) => address)).toEqual(['a@example.org', 'b@example.org']);
  });

  it.each(['http://host', 'smtp://', 'nonsense', 'smtp//user:secret@host'])(
    'refuses SMTP_URL %s without repeating it',
    (smtpUrl) => {
      expect(() => channelWith({ smtpUrl })).toThrow(expect.objectContaining({ code: 'FORGE_CONFIG_INVALID' }));
      expect(() => channelWith({ smtpUrl })).not.toThrow(/secret/);
    },
  );
});
