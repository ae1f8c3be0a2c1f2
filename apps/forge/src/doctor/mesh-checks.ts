import { appNames, messageOf, requests } from '@sentinel-forge/contracts';
import { provision } from '@sentinel-forge/messaging';
import { isKnownError } from '../cli/exit-codes.js';
import { discoverServices } from '../mesh/discovery.js';
import { readStream } from '../mesh/jetstream-api.js';
import type { MeshClient } from '../mesh/mesh-client.js';
import { readStatus } from '../status/mesh-status.js';
import { describeDuration } from '../terminal/duration.js';
import { readTokenClaims } from '../tokens/token-claims.js';
import { type Check, type Finding, fail, ok, warn } from './check.js';
import { judgeNatsVersion } from './machine-checks.js';

const clockWarningMs = 2_000;
const clockFailureMs = 60_000;
const tokenWarningMs = 24 * 60 * 60 * 1000;

/** Whether the server answers, and is new enough. */
export function natsCheck(client: MeshClient): Check {
  return {
    name: 'NATS',
    look: async () => {
      const version = judgeNatsVersion(client.connection.info?.version ?? '');
      const roundTripMs = await client.connection.rtt();
      return version.state === 'ok'
        ? ok(`${client.connection.getServer()} answers in ${roundTripMs} ms, version ${version.detail}`)
        : version;
    },
  };
}

/** Whether streams, consumers and buckets stand as they are declared. */
export function topologyCheck(client: MeshClient): Check {
  return {
    name: 'streams and consumers',
    look: async () => {
      const { replicas } = client.settings.runner;
      const steps = await provision(client.connection, { replicas, hosts: [client.access.host], isDryRun: true });
      const wrong = steps.filter(({ action }) => action !== 'keep');
      return wrong.length === 0
        ? ok(`${steps.length} are as declared`)
        : fail(
            wrong
              .map(({ kind, name, action, differences }) =>
                action === 'create' ? `${kind} ${name} is missing` : `${kind} ${name}: ${differences.join(', ')}`,
              )
              .join('; '),
            'run `forge provision`; --dry-run says first what it will do',
          );
    },
  };
}

/** Whether this machine and the server agree about the time. */
export function clockCheck(client: MeshClient): Check {
  return {
    name: 'clock',
    look: async () => {
      const beforeMs = Date.now();
      const { serverTimeMs } = await readStream(client.connection, 'DEFEND');
      const afterMs = Date.now();
      // The server's time was taken somewhere between the two.
      const differenceMs = Math.max(0, beforeMs - serverTimeMs, serverTimeMs - afterMs);
      return judgeClock(differenceMs);
    },
  };
}

/** Judges how far two clocks are apart. */
export function judgeClock(differenceMs: number): Finding {
  const mend = 'set both clocks with NTP: times to live and traces depend on them';
  const text = `the server's clock is ${describeDuration(differenceMs)} off`;
  if (differenceMs >= clockFailureMs) {
    return fail(text, mend);
  }
  return differenceMs >= clockWarningMs ? warn(text, mend) : ok('agrees with the server');
}

/** Whether every service answers, and how it is. */
export function servicesCheck(client: MeshClient): Check {
  return {
    name: 'services',
    look: async () => {
      const { services } = await readStatus(client);
      const down = services.filter(({ state }) => state === 'down');
      const degraded = services.filter(({ state }) => state === 'degraded');
      if (down.length > 0) {
        return fail(
          down.map(({ app, reason }) => `${app} is down (${reason})`).join('; '),
          'start it: `npm start` for the whole mesh, `forge run <app>` for one',
        );
      }
      return degraded.length === 0
        ? ok(`all ${services.length} are up`)
        : warn(
            degraded.map(({ app, reason }) => `${app}: ${reason}`).join('; '),
            'they do what they can meanwhile; mend what is named',
          );
    },
  };
}

/** Whether the token is one, holds, and is taken. */
export function tokenCheck(client: MeshClient): Check {
  return {
    name: 'token',
    look: async () => {
      const { token } = client.access;
      const judged = judgeToken(token, Date.now());
      return token === undefined || judged.state === 'fail' ? judged : ((await refusalOf(client)) ?? judged);
    },
  };
}

/** Judges a token by what it says of itself. */
export function judgeToken(token: string | undefined, nowMs: number): Finding {
  const renew = 'start the mesh again, or issue one with `forge token --subject <name>` and set FORGE_TOKEN';
  const claims = token === undefined ? undefined : readTokenClaims(token);
  if (token === undefined || claims === undefined) {
    return fail(token === undefined ? 'there is none' : 'it is no token', renew);
  }
  const restMs = claims.expiresAtMs - nowMs;
  if (restMs <= 0) {
    return fail(`it expired at ${new Date(claims.expiresAtMs).toISOString()}`, renew);
  }
  const text = `of ${claims.subject}, for another ${describeDuration(restMs)}`;
  return restMs < tokenWarningMs ? warn(text, renew) : ok(text);
}

// The cheapest question that needs a token, put to whoever answers it.
async function refusalOf(client: MeshClient): Promise<Finding | undefined> {
  const apps = new Set((await discoverServices(client.connection)).map(({ app }) => app));
  if (!appNames.some((app) => app === 'sentinelcore' && apps.has(app))) {
    return undefined;
  }
  try {
    await client.ask(requests.listRules, 'sentinelcore', {});
    return undefined;
  } catch (error) {
    const isRefused = isKnownError(error) && error.code === 'FORGE_AUTH_REQUIRED';
    return isRefused
      ? fail(
          messageOf(error),
          'the token was signed with another key: unset FORGE_TOKEN, or issue one where the mesh runs',
        )
      : undefined;
  }
}
