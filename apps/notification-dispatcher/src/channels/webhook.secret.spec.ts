import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keptWebhookSecret } from './webhook.secret.js';
import { signingKey } from './webhook.signature.js';

describe('the secret that a service keeps', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'secret-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made once, for its owner alone, and is the same from then on', () => {
    const directory = join(folder, 'not', 'there', 'yet');
    const made = keptWebhookSecret(directory);
    expect(made).toMatchObject({ isNew: true, file: join(directory, 'webhook.secret') });
    expect(signingKey(made.secret)).toHaveLength(32);
    expect(statSync(made.file).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['webhook.secret']);
    expect(keptWebhookSecret(directory)).toEqual({ ...made, isNew: false });
    expect(keptWebhookSecret(join(folder, 'other')).secret).not.toBe(made.secret);
  });

  it('is the one that somebody put there', () => {
    const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    writeFileSync(join(folder, 'webhook.secret'), `${secret}\n`);
    expect(keptWebhookSecret(folder)).toMatchObject({ secret, isNew: false });
  });
});
