import { createHmac, randomBytes } from 'node:crypto';
import { ForgeError } from '@sentinel-forge/contracts';

/** The key of a signature; only ever made from a `whsec_` secret. */
export type SigningKey = Buffer;

const prefix = 'whsec_';
/** Bounds of the specification. */
const minKeyBytes = 24;
const maxKeyBytes = 64;

/**
 * Reads a secret in the form of Standard Webhooks: `whsec_` and the base64 of 24 to 64 bytes. Throws `FORGE_CONFIG_INVALID`,
 * without the secret. Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signingKey(secret: string): SigningKey {
  const encoded = secret.trim().slice(prefix.length);
  const key = Buffer.from(encoded, 'base64');
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded);
  if (!secret.trim().startsWith(prefix) || !isBase64 || key.length < minKeyBytes || key.length > maxKeyBytes) {
    throw new ForgeError(
      'FORGE_CONFIG_INVALID',
      `must be "${prefix}" and the base64 of ${minKeyBytes} to ${maxKeyBytes} random bytes; several are parted by commas`,
    );
  }
  return key;
}

/** A fresh secret. */
export function newWebhookSecret(): string {
  return prefix + randomBytes(32).toString('base64');
}

/** `webhook-signature`: one signature for each key, so that a receiver may hold the old or the new one during a rotation. */
export function webhookSignature(keys: readonly SigningKey[], id: string, timestampS: number, body: string): string {
  const content = `${id}.${timestampS}.${body}`;
  return keys.map((key) => `v1,${createHmac('sha256', key).update(content).digest('base64')}`).join(' ');
}
