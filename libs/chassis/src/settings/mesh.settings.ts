import { hostname } from 'node:os';
import { logLevels, toSubjectToken } from '@sentinel-forge/contracts';
import type { NatsCredentials } from '@sentinel-forge/messaging';
import { Setting } from './setting.decorator.js';
import {
  certificates,
  integer,
  list,
  nkeySeed,
  oneOf,
  port,
  secretKey,
  subjectToken,
  text,
  url,
} from './setting-types.js';

/** What every service can be told. */
export class MeshSettings {
  @Setting({
    env: 'NATS_URL',
    type: list(),
    default: ['nats://127.0.0.1:4222'],
    summary: 'The nats-server, or several parted by commas. Set: `npm start` uses it and starts none of its own',
  })
  readonly natsUrls!: readonly string[];

  @Setting({ env: 'NATS_USER', type: text(), isOptional: true, summary: 'The user at the nats-server' })
  readonly natsUser?: string;

  @Setting({ env: 'NATS_PASSWORD', type: text(), isOptional: true, isSecret: true, summary: 'Its password' })
  readonly natsPassword?: string;

  @Setting({
    env: 'NATS_NKEY_SEED',
    type: nkeySeed(),
    isOptional: true,
    isSecret: true,
    summary:
      'The seed of the keys of a user at the nats-server, instead of user and password; `forge credentials make` makes them',
  })
  readonly natsNkeySeed?: string;

  @Setting({
    env: 'NATS_CA',
    type: certificates(),
    isOptional: true,
    summary:
      'The certificates, in PEM form, that the certificate of the nats-server must come from. Set, or with `tls://` in NATS_URL, the connection is encrypted',
  })
  readonly natsCa?: string;

  @Setting({
    env: 'FORGE_DATA_DIR',
    type: text(),
    default: '.forge',
    summary: 'Where the services keep their data; with `npm start` also the nats-server, the keys and the token',
  })
  readonly dataDir!: string;

  @Setting({
    env: 'FORGE_HOST',
    type: subjectToken(),
    default: () => toSubjectToken(hostname()),
    defaultDescription: 'the name of the machine',
    summary: 'The name of this Docker host on the mesh',
  })
  readonly host!: string;

  @Setting({ env: 'FORGE_HTTP_HOST', type: text(), default: '127.0.0.1', summary: 'The address that HTTP listens on' })
  readonly httpHost!: string;

  @Setting({
    env: 'FORGE_JWT_SECRET',
    type: secretKey(),
    isOptional: true,
    isSecret: true,
    summary:
      'The key of tokens: a shared secret (HS256) or an Ed25519 key in PEM form (EdDSA): the public one for services, the private one for `forge`, which signs with it. With `npm start` one is made and kept in the data directory; elsewhere this or FORGE_JWKS_URL is required',
  })
  readonly jwtSecret?: string;

  @Setting({
    env: 'FORGE_JWKS_URL',
    type: url('https', 'http'),
    isOptional: true,
    summary: 'Where the public keys of tokens are',
  })
  readonly jwksUrl?: string;

  @Setting({
    env: 'FORGE_JWT_ISSUER',
    type: text(),
    default: 'sentinel-forge',
    summary: 'The `iss` that tokens must carry',
  })
  readonly jwtIssuer!: string;

  @Setting({
    env: 'FORGE_JWT_AUDIENCE',
    type: text(),
    default: 'sentinel-forge',
    summary: 'The `aud` that tokens must carry',
  })
  readonly jwtAudience!: string;

  @Setting({
    env: 'FORGE_RATE_LIMIT_RPM',
    type: integer(1, 10_000_000),
    default: 600,
    summary: 'How many requests a minute one address may make of one service',
  })
  readonly rateLimitRpm!: number;

  @Setting({
    env: 'REDACT_KEYS',
    type: list(),
    default: [],
    summary: 'Keys whose values are hidden in logs, records and output, beside the built-in list',
  })
  readonly redactKeys!: readonly string[];

  @Setting({
    env: 'FORGE_LOG_LEVEL',
    type: oneOf(...logLevels),
    default: 'info',
    summary: 'The least level that is logged',
  })
  readonly logLevel!: (typeof logLevels)[number];
}

/** How these settings have a service prove who it is. */
export function natsCredentialsOf(settings: MeshSettings): NatsCredentials {
  const { natsUser, natsPassword, natsNkeySeed, natsCa } = settings;
  return { user: natsUser, password: natsPassword, nkeySeed: natsNkeySeed, ca: natsCa };
}

/** What `npm start`, `forge up` and `forge provision` can be told beside. */
export class RunnerSettings {
  @Setting({
    env: 'FORGE_NATS_PORT',
    type: port(),
    default: 4222,
    summary: 'The port of the nats-server that `npm start` runs',
  })
  readonly natsPort!: number;

  @Setting({
    env: 'FORGE_NATS_SERVER',
    type: text(),
    isOptional: true,
    summary: 'The nats-server program to run, where it should not be the one that was found',
  })
  readonly natsServer?: string;

  @Setting({
    env: 'FORGE_REPLICAS',
    type: integer(1, 5),
    default: 1,
    summary: 'Copies of each stream: 1, or 3 in a cluster',
  })
  readonly replicas!: number;

  @Setting({
    env: 'FORGE_TOKEN',
    type: text(),
    isOptional: true,
    isSecret: true,
    summary: 'The token that `forge` sends',
  })
  readonly token?: string;
}
