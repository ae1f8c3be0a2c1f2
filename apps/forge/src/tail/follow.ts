import { ForgeError, messageOf, type StoredMessage } from '@sentinel-forge/contracts';
import { followStreams, type StartPoint } from '@sentinel-forge/messaging';
import type { MeshClient } from '../mesh/mesh-client.js';

/** What is followed, and until when. */
export interface Following {
  readonly filters: readonly string[];
  readonly start: StartPoint;
  readonly isLive: boolean;
  readonly signal: AbortSignal;
}

/**
 * Follows subjects until the signal, or until everything is read.
 * @throws ForgeError `FORGE_NATS_UNAVAILABLE` when the connection broke for longer than the client keeps trying
 */
export async function* follow({ connection }: MeshClient, following: Following): AsyncGenerator<StoredMessage> {
  try {
    yield* await followStreams(connection, following);
  } catch (error) {
    if (error instanceof ForgeError || following.signal.aborted) {
      throw error;
    }
    throw new ForgeError('FORGE_NATS_UNAVAILABLE', `Reading the streams failed: ${messageOf(error)}`, { cause: error });
  }
}

/** A signal that Ctrl-C and SIGTERM give: the orderly end of something that follows. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort());
  }
  return controller.signal;
}
