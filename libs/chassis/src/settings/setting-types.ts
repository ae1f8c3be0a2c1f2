import { X509Certificate } from 'node:crypto';
import { limits } from '@sentinel-forge/contracts';
import { publicKeyOf } from '@sentinel-forge/messaging';
import { tokenKeyKindOf } from '../auth/token-key.js';

/** How the text of a setting becomes its value. `parse` throws an Error whose message says what is wrong and what would do. */
export interface SettingType<T> {
  /** What the values are, for people: `a whole number from 0 to 65535`. */
  readonly description: string;
  parse(text: string): T;
}

/** Any text. */
export function text(): SettingType<string> {
  return { description: 'text', parse: (value) => value };
}

/** A whole number within bounds. */
export function integer(min: number, max: number): SettingType<number> {
  const description = `a whole number from ${min} to ${max}`;
  return {
    description,
    parse(value) {
      const number = Number(value);
      if (!/^-?\d+$/.test(value.trim()) || number < min || number > max) {
        throw new Error(`must be ${description}`);
      }
      return number;
    },
  };
}

/** A TCP port; 0 lets the system choose one. */
export function port(): SettingType<number> {
  return integer(0, 65_535);
}

/** Yes or no. */
export function flag(): SettingType<boolean> {
  const description = 'true or false';
  return {
    description,
    parse(value) {
      const word = value.trim().toLowerCase();
      if (['true', '1', 'yes', 'on'].includes(word)) {
        return true;
      }
      if (['false', '0', 'no', 'off'].includes(word)) {
        return false;
      }
      throw new Error(`must be ${description}`);
    },
  };
}

/** One of some words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): SettingType<Word> {
  const description = `one of ${words.join(', ')}`;
  return {
    description,
    parse(value) {
      const found = words.find((word) => word === value.trim());
      if (found === undefined) {
        throw new Error(`must be ${description}`);
      }
      return found;
    },
  };
}

/** Words parted by commas; empty ones are passed over. */
export function list(): SettingType<readonly string[]> {
  return {
    description: 'a list parted by commas',
    parse: (value) =>
      value
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
  };
}

/** A URL of one of some schemes. */
export function url(...schemes: readonly string[]): SettingType<string> {
  const description = `a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  return {
    description,
    parse(value) {
      const parsed = URL.parse(value);
      // The value may hold a password: it is never repeated.
      if (parsed === null || !schemes.includes(parsed.protocol.slice(0, -1))) {
        throw new Error(`must be ${description}`);
      }
      return value;
    },
  };
}

/** The key of tokens: a shared secret, or one of a pair. */
export function secretKey(): SettingType<string> {
  const description = 'at least 32 characters, or an Ed25519 key in PEM form';
  return {
    description,
    parse(value) {
      if (tokenKeyKindOf(value) === undefined) {
        throw new Error('is in PEM form, but is no Ed25519 key');
      }
      if (value.length < 32) {
        throw new Error(`must be ${description}; make one with: openssl rand -base64 48`);
      }
      return value;
    },
  };
}

/** The seed of NATS user keys. */
export function nkeySeed(): SettingType<string> {
  return {
    description: 'a seed of NATS user keys (SU…)',
    parse(value) {
      try {
        publicKeyOf(value);
      } catch {
        throw new Error('must be a seed of NATS user keys: SU and 56 characters; `forge credentials make` makes them');
      }
      return value.trim();
    },
  };
}

/** Certificates in PEM form. */
export function certificates(): SettingType<string> {
  return {
    description: 'certificates in PEM form',
    parse(value) {
      try {
        new X509Certificate(value);
      } catch {
        throw new Error('is no certificate in PEM form; name a file with NATS_CA_FILE');
      }
      return value;
    },
  };
}

/** One token of a NATS subject. */
export function subjectToken(): SettingType<string> {
  const description = `letters, digits, "-" and "_", at most ${limits.subjectTokenLength}`;
  return {
    description,
    parse(value) {
      if (!/^[A-Za-z0-9_-]+$/.test(value) || value.length > limits.subjectTokenLength) {
        throw new Error(`must be ${description}`);
      }
      return value;
    },
  };
}
