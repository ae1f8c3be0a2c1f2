import { ForgeError } from '@sentinel-forge/contracts';
import type { Resolve } from '../egress/egress-agent.js';
import { checkUrl, type EgressPolicy, egressPolicy, portOf } from '../egress/egress-policy.service.js';
import type { Channel, ChannelDescription, OutboundMessage, Recipient, SendOutcome } from './channel.port.js';
import { webhookAnswer, webhookFailure } from './webhook.answer.js';
import type { WebhookSender } from './webhook.sender.js';
import { type SigningKey, signingKey, webhookSignature } from './webhook.signature.js';

/** How the webhook channel is set up. */
export interface WebhookSettings {
  /** Where notices go that name no receiver of their own. */
  readonly url?: string;
  /** `whsec_` secrets; the first is the current one, the others are still honoured by receivers during a rotation. */
  readonly secrets: readonly string[];
  /** Hosts, addresses and networks that may be reached though they are inside. */
  readonly egressAllow: readonly string[];
  /** An HTTP proxy that webhooks go through. */
  readonly proxyUrl?: string;
  readonly timeoutMs?: number;
  readonly concurrency?: number;
  readonly resolve?: Resolve;
  /** The clock; milliseconds since 1970. */
  readonly now?: () => number;
}

/** The stored address of the receiver that the settings name: its URL may be a secret, and may change. */
const configured = 'default';

/** Standard Webhooks over HTTP, see https://www.standardwebhooks.com. */
export class WebhookChannel implements Channel {
  readonly description = webhookDescription;
  readonly concurrency: number;
  readonly #keys: readonly SigningKey[];
  readonly #url: URL | undefined;
  readonly #policy: EgressPolicy;
  readonly #operatorPolicy: EgressPolicy;
  readonly #resolve: Resolve | undefined;
  readonly #proxyUrl: string | undefined;
  readonly #timeoutMs: number;
  readonly #now: () => number;
  // The HTTP library costs 60 ms and 12 MB: it is loaded with the first webhook.
  #sender: Promise<WebhookSender> | undefined;

  /** Throws `FORGE_CONFIG_INVALID` or `FORGE_NOTIFY_RECIPIENT` for settings that cannot work. */
  constructor(settings: WebhookSettings) {
    if (settings.secrets.length === 0) {
      throw new ForgeError('FORGE_CONFIG_INVALID', 'Webhooks are always signed: set NOTIFY_WEBHOOK_SECRET');
    }
    this.#keys = settings.secrets.map(signingKey);
    this.#timeoutMs = settings.timeoutMs ?? 15_000;
    this.#now = settings.now ?? Date.now;
    this.concurrency = settings.concurrency ?? 8;
    this.#policy = egressPolicy(settings.egressAllow);
    this.#operatorPolicy = operatorPolicy(settings.url, settings.egressAllow);
    this.#url = settings.url === undefined ? undefined : checkUrl(settings.url, this.#operatorPolicy);
    this.#resolve = settings.resolve;
    this.#proxyUrl = settings.proxyUrl;
  }

  recipients(to?: string): readonly Recipient[] {
    if (to === undefined || to === configured) {
      const label = `${this.#url?.origin} (configured)`;
      return this.#url === undefined ? [] : [{ address: configured, label, circuit: 'webhook:configured' }];
    }
    const url = checkUrl(to, this.#policy);
    return [{ address: url.href, label: url.origin, circuit: `webhook:${url.origin}` }];
  }

  async send(message: OutboundMessage, address: string, signal: AbortSignal): Promise<SendOutcome> {
    try {
      const { url, isOperators } = this.#receiver(address);
      const body = JSON.stringify(webhookPayload(message));
      const timestampS = Math.floor(this.#now() / 1000);
      const sender = await this.#opened();
      const { status, retryAfter } = await sender.post({
        url,
        isOperators,
        body,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'sentinel-forge',
          'webhook-id': message.id,
          'webhook-timestamp': String(timestampS),
          'webhook-signature': webhookSignature(this.#keys, message.id, timestampS, body),
        },
        signal: AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)]),
      });
      return webhookAnswer(status, retryAfter, this.#now());
    } catch (error) {
      return webhookFailure(error);
    }
  }

  async close(): Promise<void> {
    await (await this.#sender)?.close();
  }

  #receiver(address: string): { readonly url: URL; readonly isOperators: boolean } {
    if (address !== configured) {
      return { url: checkUrl(address, this.#policy), isOperators: false };
    }
    if (this.#url === undefined) {
      throw new ForgeError('FORGE_NOTIFY_RECIPIENT', 'NOTIFY_WEBHOOK_URL is no longer set');
    }
    return { url: this.#url, isOperators: true };
  }

  #opened(): Promise<WebhookSender> {
    this.#sender ??= import('./webhook.sender.js').then(
      ({ WebhookSender }) =>
        new WebhookSender(this.#operatorPolicy, this.#policy, {
          connectTimeoutMs: Math.min(5000, this.#timeoutMs),
          ...(this.#resolve === undefined ? {} : { resolve: this.#resolve }),
          ...(this.#proxyUrl === undefined ? {} : { proxy: new URL(this.#proxyUrl) }),
        }),
    );
    return this.#sender;
  }
}

/** The body of a webhook: `type`, `timestamp` and `data`, as Standard Webhooks recommends. */
export function webhookPayload(message: OutboundMessage): Readonly<Record<string, unknown>> {
  const { kind, occurredAtMs, ...data } = message;
  return { type: `forge.${kind}`, timestamp: new Date(occurredAtMs).toISOString(), data };
}

/** Throws `FORGE_NOTIFY_RECIPIENT` for a text that is no `NOTIFY_WEBHOOK_URL`. */
export function checkWebhookUrl(text: string): void {
  checkUrl(text, operatorPolicy(text, []));
}

/** The URL in the settings is the operator's own statement: exactly its host and port are allowed, for it alone. */
function operatorPolicy(text: string | undefined, egressAllow: readonly string[]): EgressPolicy {
  const url = text === undefined ? null : URL.parse(text);
  return egressPolicy(url === null ? egressAllow : [...egressAllow, `${url.hostname}:${portOf(url)}`]);
}

/** What the webhook channel says of itself. */
export const webhookDescription: ChannelDescription = {
  name: 'webhook',
  summary: 'A signed HTTP POST, as Standard Webhooks describes it; any of its libraries can verify it.',
  recipient: 'an absolute http(s) URL without user or password; absent: `NOTIFY_WEBHOOK_URL`.',
  parameters: [
    {
      name: 'NOTIFY_WEBHOOK_URL',
      summary: 'Where notices go. Its exact host and port may be inside: it is your own statement',
      isRequired: false,
      isSecret: true,
    },
    {
      name: 'NOTIFY_WEBHOOK_SECRET',
      summary: '`whsec_` secrets, parted by commas; each signs, so that they can be rotated',
      isRequired: true,
      isSecret: true,
    },
    {
      name: 'NOTIFY_EGRESS_ALLOW',
      summary: 'Hosts, host:port, addresses and networks inside that a `to` or a route may name, parted by commas',
      isRequired: false,
    },
    { name: 'NOTIFY_PROXY_URL', summary: 'An HTTP proxy that webhooks go through, by CONNECT', isRequired: false },
  ],
  limits: [
    '`webhook-id` is the same in every try: a receiver drops what it has seen.',
    '2xx is delivered. 408, 425, 429 and 5xx are tried again, not before `Retry-After` (at most an hour). Everything else is given up: redirects are not followed.',
    'Private, loopback, link-local and other special addresses are refused, by name or by number, at the moment of connecting. Behind a proxy it is the proxy that resolves names, and judges them.',
    'An answer must come within 15 s; of its body at most 16 KiB are read, and nothing is kept.',
  ],
  example: { title: 'Disk almost full', body: 'db-1 has 3 % left', channel: 'webhook', severity: 7 },
};
