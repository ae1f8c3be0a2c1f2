import { ForgeError, type RequestDefinition } from '@sentinel-forge/contracts';
import { isKnownError } from '../cli/exit-codes.js';
import { supervisedHosts } from './discovery.js';
import type { MeshClient } from './mesh-client.js';

/** What a supervisor answers that does not know what is asked about. */
const unknownThere: readonly string[] = ['FORGE_MITIGATION_UNKNOWN', 'FORGE_HEALING_UNKNOWN'];

/** What the supervisor of one host answered. */
export interface HostAnswer<Answer> {
  readonly host: string;
  readonly answer: Answer;
}

/** The hosts that are meant: the one that is named, or every one that has a supervisor. */
async function hostsOf(client: MeshClient, host: string | undefined): Promise<readonly string[]> {
  const hosts = host === undefined ? await supervisedHosts(client.connection) : [host];
  if (hosts.length === 0) {
    throw new ForgeError('FORGE_NATS_UNAVAILABLE', 'No supervisor answers', {
      details: { mend: '`forge status` shows what runs, and `forge doctor` what is wrong' },
    });
  }
  return hosts;
}

/** Asks the supervisors of one host or of all, and takes every answer. */
export async function askSupervisors<Answer, Body extends object>(
  client: MeshClient,
  definition: RequestDefinition<Body>,
  body: Body,
  host: string | undefined,
): Promise<readonly HostAnswer<Answer>[]> {
  const hosts = await hostsOf(client, host);
  return Promise.all(
    hosts.map(async (name) => ({
      host: name,
      answer: await client.ask<Answer, Body>(definition, 'supervisor', body, name),
    })),
  );
}

/**
 * Asks for the one supervisor that knows something: those that do not are passed over.
 * @throws ForgeError whatever the last of them answered, when none knows it
 */
export async function askWhoKnows<Answer, Body extends object>(
  client: MeshClient,
  definition: RequestDefinition<Body>,
  body: Body,
  host: string | undefined,
): Promise<HostAnswer<Answer>> {
  let unknown: unknown;
  for (const name of await hostsOf(client, host)) {
    try {
      return { host: name, answer: await client.ask<Answer, Body>(definition, 'supervisor', body, name) };
    } catch (error) {
      if (!isKnownError(error) || !unknownThere.includes(error.code)) {
        throw error;
      }
      unknown = error;
    }
  }
  throw unknown;
}
