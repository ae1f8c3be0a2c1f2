import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { MeshSettings } from '@sentinel-forge/chassis';
import { type ChannelName, Log } from '@sentinel-forge/contracts';
import { DispatcherSettings, dataDirectoryOf } from '../config.js';
import type { Channel, ChannelDescription } from './channel.port.js';
import { mailAddress } from './email.address.js';
import { EmailChannel, emailDescription } from './email.channel.js';
import { WebhookChannel, webhookDescription } from './webhook.channel.js';
import { keptWebhookSecret } from './webhook.secret.js';

/** What every channel says of itself, set up or not. */
export const channelDescriptions: readonly ChannelDescription[] = [emailDescription, webhookDescription];

/** The channels that are set up: email with `SMTP_URL`; webhook always, since it needs nothing but its secret. */
@Injectable()
export class Channels implements OnApplicationShutdown {
  readonly byName: ReadonlyMap<ChannelName, Channel>;

  constructor(
    @Inject(DispatcherSettings) settings: DispatcherSettings,
    @Inject(MeshSettings) mesh: MeshSettings,
    @Inject(Log) private readonly log: Log,
  ) {
    const { smtpUrl, emailFrom: from, emailTo: to, webhookUrl, webhookSecrets, egressAllow, proxyUrl } = settings;
    const proxy = proxyUrl === undefined ? {} : { proxyUrl };
    const byName = new Map<ChannelName, Channel>();
    if (smtpUrl !== undefined) {
      byName.set('email', new EmailChannel({ smtpUrl, from, to, ...proxy }));
    }
    const secrets = webhookSecrets.length > 0 ? webhookSecrets : [this.#ownSecret(dataDirectoryOf(mesh))];
    byName.set(
      'webhook',
      new WebhookChannel({ ...(webhookUrl === undefined ? {} : { url: webhookUrl }), secrets, egressAllow, ...proxy }),
    );
    this.byName = byName;
    if ([...byName.values()].every((channel) => channel.recipients().length === 0)) {
      log.info('notify.nobody', { msg: 'Nobody is told anything by default: set SMTP_URL or NOTIFY_WEBHOOK_URL' });
    }
  }

  /** Throws `FORGE_NOTIFY_*` for an address that a channel, set up or not, could never deliver to. */
  check(name: ChannelName, to: string): void {
    const channel = this.byName.get(name);
    if (channel === undefined) {
      mailAddress(to);
    } else {
      channel.recipients(to);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.byName.values()].map((channel) => channel.close()));
  }

  #ownSecret(directory: string): string {
    const { secret, file, isNew } = keptWebhookSecret(directory);
    if (isNew) {
      this.log.info('webhook.key-made', { file, msg: 'Receivers verify webhooks with the secret in this file' });
    }
    return secret;
  }
}
