import { newWebhookSecret, signingKey, webhookSignature } from './webhook.signature.js';

describe('webhook signature', () => {
  it('is the one of the Standard Webhooks reference vector', () => {
    const key = signingKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const signature = webhookSignature([key], 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}');
    expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('holds one signature for each secret, so that a rotation needs no common moment', () => {
    const [oldKey, newKey] = [signingKey(newWebhookSecret()), signingKey(newWebhookSecret())];
    const both = webhookSignature([newKey, oldKey], 'n-1', 1, '{}').split(' ');
    expect(both).toEqual([webhookSignature([newKey], 'n-1', 1, '{}'), webhookSignature([oldKey], 'n-1', 1, '{}')]);
  });

  it.each([
    ['no prefix', Buffer.alloc(32).toString('base64')],
    ['too short a key', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['too long a key', `whsec_${Buffer.alloc(65).toString('base64')}`],
    ['no base64', `whsec_${'*'.repeat(44)}`],
  ])('refuses a secret with %s, without repeating it', (_what, secret) => {
    expect(() => signingKey(secret)).toThrow(expect.objectContaining({ code: 'FORGE_CONFIG_INVALID' }));
    expect(() => signingKey(secret)).not.toThrow(secret);
  });
});
