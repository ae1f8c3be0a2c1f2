import { channelReference } from './channel-reference.js';
import { EmailChannel } from './email.channel.js';
import { WebhookChannel } from './webhook.channel.js';
import { newWebhookSecret } from './webhook.signature.js';

describe('the reference of the channels', () => {
  it('shows every setting, limit and example that the channels state themselves', () => {
    const channels = [
      new EmailChannel({ smtpUrl: 'smtp://127.0.0.1:1' }),
      new WebhookChannel({ secrets: [newWebhookSecret()], egressAllow: [] }),
    ].map(({ description }) => description);
    const page = channelReference(channels);
    for (const { name, parameters, limits, example } of channels) {
      expect(page).toContain(`## ${name}`);
      for (const text of [...parameters.map((parameter) => `\`${parameter.name}\``), ...limits]) {
        expect(page).toContain(text);
      }
      expect(page).toContain(JSON.stringify(example, undefined, 2));
    }
  });
});
