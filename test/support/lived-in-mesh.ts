import { connectClient } from '@sentinel-forge/messaging';
import { type SmtpTestServer, waitFor } from '@sentinel-forge/testing';
import type { EmbeddedMeshProcess } from './embedded-mesh-process.js';
import { Load } from './load.js';
import { mitigationIdOf, mitigationRequest } from './mitigation-requests.js';

/** What a mesh that is to have a past is started with: nothing outside of it is needed. */
export function settingsOf(mail: SmtpTestServer): Readonly<Record<string, string>> {
  return {
    FORGE_HOST: 'test-host',
    DOCKER_HOST: 'unix:///nowhere/docker.sock',
    SMTP_URL: mail.url,
    NOTIFY_EMAIL_TO: 'ops@example.org',
    LOG_ROTATE_ENTRIES: '20',
  };
}

/** What a mesh knows of its past, and must still know wherever its data goes. */
export interface Past {
  /** How many pieces of telemetry it was sent. */
  readonly telemetry: number;
  /** A mitigation that supervisor has on record, and cannot carry out. */
  readonly mitigationId: string;
  /** The idempotency ids of a notice that was delivered, and of one that the mail server was away for. */
  readonly deliveredId: string;
  readonly pendingId: string;
}

interface ListedNotice {
  readonly id: string;
  readonly title: string;
  readonly state: string;
}

/** Gives a mesh a past: telemetry, a mitigation on record, a switch that is set, a notice that was sent and one that waits. */
export async function giveAPast(mesh: EmbeddedMeshProcess, mail: SmtpTestServer): Promise<Past> {
  const telemetry = 30;
  for (let number = 1; number <= telemetry; number += 1) {
    await defend(mesh, `piece ${number}`);
  }
  await post(mesh, 'notification-dispatcher', '/notify', { title: 'delivered', body: 'x', channel: 'email' });
  const deliveredId = await idOfNotice(mesh, 'delivered', 'delivered');
  await mail.stop();
  await post(mesh, 'notification-dispatcher', '/notify', { title: 'waiting', body: 'x', channel: 'email' });
  const pendingId = await idOfNotice(mesh, 'waiting', 'pending');

  const mitigationId = mitigationIdOf(1);
  await requestMitigation(mesh);
  await waitFor(async () => (await mesh.forge('mitigation', 'show', mitigationId)).code === 0, {
    description: 'the mitigation to be on record',
  });
  await mesh.forge('mitigation', 'pause', '--reason', 'a past');
  return { telemetry, mitigationId, deliveredId, pendingId };
}

/** The notices of a mesh, as its operator sees them. */
export async function noticesOf(mesh: EmbeddedMeshProcess): Promise<readonly ListedNotice[]> {
  const { stdout } = await mesh.forge('notices', 'list', '--json');
  return (JSON.parse(stdout) as { readonly notices: readonly ListedNotice[] }).notices;
}

/** Sends a piece of telemetry, with the token of the operator unless told another. */
export async function defend(mesh: EmbeddedMeshProcess, summary: string, token?: string): Promise<void> {
  await post(mesh, 'sentinelcore', '/defend', { source: 'past', severity: 1, summary }, token);
}

/** How many pieces of telemetry a mesh has decided on since it was started. */
export async function telemetryDecided(mesh: EmbeddedMeshProcess): Promise<number> {
  const text = await (await fetch(`${mesh.urlOf('sentinelcore')}/metrics`)).text();
  return [...text.matchAll(/^forge_telemetry_decided_total\{.*\} (\d+)$/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
}

/** Connects to the nats-server of a mesh as one of its users. */
export async function connectAs(
  mesh: EmbeddedMeshProcess,
  user: 'operator' | 'deployer' | 'sentinelcore',
): ReturnType<typeof connectClient> {
  const password = await mesh.passwordOf(user);
  return connectClient({ name: 'test', servers: [mesh.natsUrl], user, password });
}

async function requestMitigation(mesh: EmbeddedMeshProcess): Promise<void> {
  const connection = await connectAs(mesh, 'sentinelcore');
  const victim = { id: 'f'.repeat(64), name: 'victim' };
  const load = new Load(connection, {
    perSecond: 50,
    most: 1,
    eventOf: () => mitigationRequest(1, victim, { action: 'quarantine' }),
  });
  await waitFor(() => load.acknowledged.length === 1, { description: 'the request of a mitigation' });
  await load.end();
  await connection.close();
}

function idOfNotice(mesh: EmbeddedMeshProcess, title: string, state: string): Promise<string> {
  return waitFor(
    async () => {
      const found = (await noticesOf(mesh)).find((notice) => notice.title === title);
      return found?.state === state && found.id;
    },
    { description: `the notice "${title}" to be ${state}`, timeoutMs: 20_000 },
  );
}

async function post(mesh: EmbeddedMeshProcess, app: string, path: string, body: object, token?: string): Promise<void> {
  const response = await fetch(`${mesh.urlOf(app)}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token ?? (await mesh.token())}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) {
    throw new Error(`${path}: ${response.status} ${await response.text()}`);
  }
}
