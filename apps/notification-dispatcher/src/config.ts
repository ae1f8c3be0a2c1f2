import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { integer, list, type MeshSettings, Setting, type SettingType, text, url } from '@sentinel-forge/chassis';
import { mailAddress } from './channels/email.address.js';
import { checkSmtpUrl, defaultFrom, defaultTo } from './channels/email.channel.js';
import { checkWebhookUrl } from './channels/webhook.channel.js';
import { signingKey } from './channels/webhook.signature.js';
import { type DigestPolicy, defaultDigestPolicy } from './digest/admission.service.js';
import { egressPolicy } from './egress/egress-policy.service.js';
import { defaultRetryPolicy, type RetryPolicy } from './outbox/schedule.service.js';

/** The routes that come with it. */
export const defaultRoutesPath = fileURLToPath(new URL('../routes.yaml', import.meta.url));

const hourMs = 60 * 60_000;

/** A setting that is checked beyond its form, so that everything that is wrong is told at the start. */
function checked<T>(type: SettingType<T>, description: string, check: (value: T) => unknown): SettingType<T> {
  return {
    description,
    parse(given) {
      const value = type.parse(given);
      check(value);
      return value;
    },
  };
}

function checkProxyUrl(text: string): void {
  const { username, pathname, search } = new URL(text);
  if (username !== '' || pathname !== '/' || search !== '') {
    throw new Error('must be http://host:port and no more: a user or a path would not be sent');
  }
}

const each =
  (check: (item: string) => unknown) =>
  (items: readonly string[]): void =>
    items.forEach(check);

/** What notification-dispatcher can be told. */
export class DispatcherSettings {
  @Setting({
    env: 'SMTP_URL',
    type: checked(url('smtp', 'smtps'), 'smtp://[user:password@]host[:port] or smtps://…', checkSmtpUrl),
    isOptional: true,
    isSecret: true,
    summary: 'The mail server; without it there is no email',
  })
  readonly smtpUrl?: string;

  @Setting({
    env: 'NOTIFY_EMAIL_FROM',
    type: checked(text(), 'one bare mail address', mailAddress),
    default: defaultFrom,
    summary: 'Who mails come from',
  })
  readonly emailFrom!: string;

  @Setting({
    env: 'NOTIFY_EMAIL_TO',
    type: checked(list(), 'mail addresses parted by commas', each(mailAddress)),
    default: [defaultTo],
    summary: 'Whom mails go to where a route or a request names nobody',
  })
  readonly emailTo!: readonly string[];

  @Setting({
    env: 'NOTIFY_WEBHOOK_URL',
    type: checked(url('https', 'http'), 'an http(s) URL without user or password', checkWebhookUrl),
    isOptional: true,
    isSecret: true,
    summary: 'Where webhooks go where a route or a request names nobody. Its host and port may be inside',
  })
  readonly webhookUrl?: string;

  @Setting({
    env: 'NOTIFY_WEBHOOK_SECRET',
    type: checked(list(), '`whsec_` secrets parted by commas', each(signingKey)),
    default: [],
    defaultDescription:
      'made at the first start and kept in the data directory, `notification-dispatcher/webhook.secret`',
    isSecret: true,
    summary: 'What webhooks are signed with; several while they are rotated: each signs',
  })
  readonly webhookSecrets!: readonly string[];

  @Setting({
    env: 'NOTIFY_EGRESS_ALLOW',
    type: checked(list(), 'hosts, host:port, addresses or networks parted by commas', egressPolicy),
    default: [],
    summary: 'What may be reached by webhook though it stands inside (private, loopback and link-local addresses)',
  })
  readonly egressAllow!: readonly string[];

  @Setting({
    env: 'NOTIFY_PROXY_URL',
    type: checked(url('http'), 'http://host:port', checkProxyUrl),
    isOptional: true,
    summary: 'An HTTP proxy that mail and webhooks go through, by CONNECT; it resolves the names',
  })
  readonly proxyUrl?: string;

  @Setting({
    env: 'NOTIFY_ROUTES',
    type: text(),
    default: defaultRoutesPath,
    defaultDescription: 'the routes that come with it',
    summary: 'The file that says who hears what',
  })
  readonly routesPath!: string;

  @Setting({
    env: 'NOTIFY_CAP_PER_MINUTE',
    type: integer(1, 10_000),
    default: defaultDigestPolicy.cap,
    summary: 'How many single messages a channel sends in a minute; what is more goes out in a digest',
  })
  readonly capPerMinute!: number;

  @Setting({
    env: 'NOTIFY_DIGEST_AFTER_SECONDS',
    type: integer(1, 24 * 60 * 60),
    default: defaultDigestPolicy.digestAfterMs / 1000,
    summary: 'How long what is over the cap is gathered before its digest goes out',
  })
  readonly digestAfterSeconds!: number;

  @Setting({
    env: 'NOTIFY_REPEAT_AFTER_SECONDS',
    type: integer(0, 24 * 60 * 60),
    default: defaultDigestPolicy.repeatWindowMs / 1000,
    summary: 'What says the same as a notice this recent is held, and told once with its count',
  })
  readonly repeatAfterSeconds!: number;

  @Setting({
    env: 'NOTIFY_GIVE_UP_AFTER_HOURS',
    type: integer(1, 30 * 24),
    default: defaultRetryPolicy.maxAgeMs / hourMs,
    summary: 'How long a notice is tried before it is given up and becomes a dead letter',
  })
  readonly giveUpAfterHours!: number;
}

/** Where the service keeps its outbox and its secret. */
export function dataDirectoryOf({ dataDir }: MeshSettings): string {
  return resolve(dataDir, 'notification-dispatcher');
}

/** The cap and the digest that the settings make. */
export function digestPolicyOf(settings: DispatcherSettings): DigestPolicy {
  const { cap, urgentReserve } = defaultDigestPolicy;
  return {
    ...defaultDigestPolicy,
    cap: settings.capPerMinute,
    // The same share of any cap.
    urgentReserve: Math.floor((settings.capPerMinute * urgentReserve) / cap),
    digestAfterMs: settings.digestAfterSeconds * 1000,
    repeatWindowMs: settings.repeatAfterSeconds * 1000,
  };
}

/** The patience that the settings make. */
export function retryPolicyOf({ giveUpAfterHours }: DispatcherSettings): RetryPolicy {
  const maxAgeMs = giveUpAfterHours * hourMs;
  // Tries come at most every `maxDelayMs`: their number must not end what the hours allow.
  const maxAttempts = Math.ceil(maxAgeMs / defaultRetryPolicy.maxAgeMs) * defaultRetryPolicy.maxAttempts;
  return { ...defaultRetryPolicy, maxAgeMs, maxAttempts };
}
