import { loadSettings } from '@sentinel-forge/chassis';
import { DispatcherSettings, digestPolicyOf, retryPolicyOf } from './config.js';
import { defaultDigestPolicy } from './digest/admission.service.js';
import { defaultRetryPolicy } from './outbox/schedule.service.js';

function problemsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    loadSettings([DispatcherSettings], environment);
    return [];
  } catch (error) {
    return (error as { details: { problems: readonly string[] } }).details.problems;
  }
}

describe('the settings of notification-dispatcher', () => {
  it('are the policies of the core where nothing is set', () => {
    const [settings] = loadSettings([DispatcherSettings], {});
    expect(digestPolicyOf(settings)).toEqual(defaultDigestPolicy);
    expect(retryPolicyOf(settings)).toEqual(defaultRetryPolicy);
    expect(settings).toMatchObject({ emailTo: ['root@localhost'], webhookSecrets: [], egressAllow: [] });
  });

  it('are refused all at once, each by its name, and no secret is repeated', () => {
    const problems = problemsOf({
      SMTP_URL: 'smtp://user:hunter2%@mail.example.org',
      NOTIFY_EMAIL_FROM: 'me',
      NOTIFY_EMAIL_TO: 'ops@example.org, Bob <bob@example.org>',
      NOTIFY_WEBHOOK_URL: 'https://user:hunter2@example.org/',
      NOTIFY_WEBHOOK_SECRET: 'whsec_hunter2',
      NOTIFY_EGRESS_ALLOW: '10.0.0.0/8, http://x',
      NOTIFY_CAP_PER_MINUTE: '0',
    });
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'SMTP_URL',
      'NOTIFY_EMAIL_FROM',
      'NOTIFY_EMAIL_TO',
      'NOTIFY_WEBHOOK_URL',
      'NOTIFY_WEBHOOK_SECRET',
      'NOTIFY_EGRESS_ALLOW',
      'NOTIFY_CAP_PER_MINUTE',
    ]);
    expect(problems.join('\n')).not.toContain('hunter2');
  });

  it.each([
    ['no scheme', 'mail.example.org:25'],
    ['another scheme', 'http://mail.example.org'],
    ['no host', 'smtp://'],
    ['a password that is not encoded', 'smtp://user:50%@mail.example.org'],
  ])('refuse an SMTP_URL with %s', (_what, smtpUrl) => {
    expect(problemsOf({ SMTP_URL: smtpUrl })).toEqual([expect.stringMatching(/^SMTP_URL must /)]);
  });

  it.each([
    ['TLS, which tunnels bring along themselves', 'https://proxy:3128'],
    ['a user, who would not be sent', 'http://user:hunter2@proxy:3128'],
    ['a path', 'http://proxy:3128/x'],
  ])('refuse a NOTIFY_PROXY_URL with %s', (_what, proxyUrl) => {
    const problems = problemsOf({ NOTIFY_PROXY_URL: proxyUrl });
    expect(problems).toEqual([expect.stringMatching(/^NOTIFY_PROXY_URL must /)]);
    expect(problems.join()).not.toContain('hunter2');
  });

  it('take more than one secret and more than one host', () => {
    const secrets = [1, 2].map((fill) => `whsec_${Buffer.alloc(24, fill).toString('base64')}`);
    const environment = {
      NOTIFY_WEBHOOK_SECRET: secrets.join(','),
      NOTIFY_EGRESS_ALLOW: 'hooks.internal:8443, 10.1.0.0/16',
    };
    const [settings] = loadSettings([DispatcherSettings], environment);
    expect(settings).toMatchObject({
      webhookSecrets: secrets,
      egressAllow: ['hooks.internal:8443', '10.1.0.0/16'],
    });
  });

  it('keep the share of urgent notices in a smaller cap, and allow the tries that a longer patience takes', () => {
    const [settings] = loadSettings([DispatcherSettings], {
      NOTIFY_CAP_PER_MINUTE: '12',
      NOTIFY_GIVE_UP_AFTER_HOURS: '72',
    });
    expect(digestPolicyOf(settings)).toMatchObject({ cap: 12, urgentReserve: 2 });
    const { maxAgeMs, maxAttempts, maxDelayMs } = retryPolicyOf(settings);
    expect(maxAgeMs).toBe(72 * 60 * 60_000);
    // Full jitter: on average a try every half of the longest delay.
    expect(maxAttempts * (maxDelayMs / 2)).toBeGreaterThan(maxAgeMs);
  });
});
