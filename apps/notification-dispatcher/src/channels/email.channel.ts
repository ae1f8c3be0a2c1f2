import { ForgeError } from '@sentinel-forge/contracts';
import type { Channel, ChannelDescription, OutboundMessage, Recipient, SendOutcome } from './channel.port.js';
import { mailAddress } from './email.address.js';
import { smtpFailure } from './email.failure.js';
import { mailFor } from './email.message.js';
import type { SmtpServer, SmtpTransport } from './email.transport.js';

/** How the email channel is set up. */
export interface EmailSettings {
  /** `smtp://` or `smtps://`, with user and password where the server wants them. */
  readonly smtpUrl: string;
  /** Who the mails come from. */
  readonly from?: string;
  /** Whom they go to when a notice names nobody. */
  readonly to?: readonly string[];
  /** An HTTP proxy that the mail server is reached through. */
  readonly proxyUrl?: string;
  readonly timeoutMs?: number;
  readonly concurrency?: number;
}

/** Mail over SMTP. */
export class EmailChannel implements Channel {
  readonly description = emailDescription;
  readonly concurrency: number;
  readonly #server: SmtpServer;
  readonly #proxyUrl: string | undefined;
  readonly #from: string;
  readonly #to: readonly string[];
  // The mail library costs 60 ms and 20 MB: it is loaded with the first mail.
  #transport: Promise<SmtpTransport> | undefined;

  /** Throws `FORGE_CONFIG_INVALID` or `FORGE_NOTIFY_RECIPIENT` for settings that cannot work; connects to nothing yet. */
  constructor(settings: EmailSettings) {
    this.concurrency = settings.concurrency ?? 4;
    this.#from = mailAddress(settings.from ?? defaultFrom);
    this.#to = (settings.to ?? [defaultTo]).map(mailAddress);
    this.#server = smtpServer(settings.smtpUrl, this.concurrency, settings.timeoutMs ?? 20_000);
    this.#proxyUrl = settings.proxyUrl;
  }

  recipients(to?: string): readonly Recipient[] {
    const addresses = to === undefined ? this.#to : [mailAddress(to)];
    return addresses.map((address) => ({ address, label: address, circuit: 'email' }));
  }

  async send(message: OutboundMessage, address: string, signal: AbortSignal): Promise<SendOutcome> {
    const { headers, ...mail } = mailFor(message, this.#from);
    try {
      const transport = await this.#opened();
      const sent = await transport.sendMail({
        ...mail,
        headers: { ...headers },
        from: { name: 'Sentinel Forge', address: this.#from },
        to: { name: '', address },
        envelope: { from: this.#from, to: [address] },
        disableFileAccess: true,
        disableUrlAccess: true,
        signal,
      });
      return { kind: 'delivered', reason: `SMTP ${sent.response.slice(0, 200)}` };
    } catch (error) {
      return smtpFailure(error);
    }
  }

  async close(): Promise<void> {
    (await this.#transport)?.close();
  }

  #opened(): Promise<SmtpTransport> {
    this.#transport ??= import('./email.transport.js').then(({ smtpTransport }) =>
      smtpTransport(this.#server, this.#proxyUrl === undefined ? undefined : new URL(this.#proxyUrl)),
    );
    return this.#transport;
  }
}

/** Who mails come from unless told otherwise. */
export const defaultFrom = 'sentinel-forge@localhost';
/** Whom mails go to unless told otherwise, as on every Unix machine the mail of its daemons. */
export const defaultTo = 'root@localhost';

/** Throws `FORGE_CONFIG_INVALID` for a text that is no `SMTP_URL`. */
export function checkSmtpUrl(text: string): void {
  smtpServer(text, 1, 1);
}

/** Reads `SMTP_URL`. The URL may hold a password: no error repeats it. */
function smtpServer(smtpUrl: string, maxConnections: number, timeoutMs: number): SmtpServer {
  const url = URL.parse(smtpUrl);
  if (url === null || (url.protocol !== 'smtp:' && url.protocol !== 'smtps:') || url.hostname === '') {
    throw new ForgeError('FORGE_CONFIG_INVALID', 'must be smtp://[user:password@]host[:port] or smtps://…');
  }
  const isSecure = url.protocol === 'smtps:';
  const user = decoded(url.username);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    host,
    port: url.port === '' ? (isSecure ? 465 : 587) : Number(url.port),
    isSecure,
    // A password never crosses a network in the clear.
    mustEncrypt: isSecure || (user !== '' && !isLoopback(host)),
    ...(user === '' ? {} : { auth: { user, pass: decoded(url.password) } }),
    maxConnections,
    timeoutMs,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ForgeError('FORGE_CONFIG_INVALID', 'must have user and password percent-encoded: `%` itself is %25');
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** What the email channel says of itself. */
export const emailDescription: ChannelDescription = {
  name: 'email',
  summary: 'Mail over SMTP: plain text with an HTML part, one mail for each recipient.',
  recipient: 'one bare mail address; absent: everybody in `NOTIFY_EMAIL_TO`.',
  parameters: [
    {
      name: 'SMTP_URL',
      summary: '`smtp://[user:password@]host[:port]` (port 587, STARTTLS where offered) or `smtps://…` (port 465)',
      isRequired: true,
      isSecret: true,
    },
    { name: 'NOTIFY_EMAIL_FROM', summary: 'Who the mails come from', isRequired: false, byDefault: defaultFrom },
    {
      name: 'NOTIFY_EMAIL_TO',
      summary: 'Whom they go to, parted by commas',
      isRequired: false,
      byDefault: defaultTo,
    },
    { name: 'NOTIFY_PROXY_URL', summary: 'An HTTP proxy to the mail server, by CONNECT', isRequired: false },
  ],
  limits: [
    '`Message-ID` and `X-Idempotency-Key` hold the idempotency id and are the same in every try.',
    'A 5xx to the message or its recipient is final; 4xx, a lost connection and a refused login are tried again.',
    'A user and password are only ever sent over TLS with a valid certificate, or to the loopback.',
    'Mails of one trace share a thread (`References`).',
  ],
  example: {
    title: 'Disk almost full',
    body: 'db-1 has 3 % left',
    channel: 'email',
    to: 'ops@example.org',
    severity: 7,
  },
};
