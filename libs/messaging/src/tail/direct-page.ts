import type { DirectBatchOptions, JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { ForgeError, messageOf } from '@sentinel-forge/contracts';

const silenceMs = 5_000;

/**
 * Messages of a stream, read with one direct get (ADR-31 of nats-architecture-and-design); empty when there are none, which
 * the client library calls an error.
 *
 * The library's own iterator leaves its subscription behind at every call, and waits for ever when the server goes away in
 * the middle. So the messages come by callback, and silence is an error.
 */
export async function directPage(
  jsm: JetStreamManager,
  stream: string,
  options: DirectBatchOptions,
): Promise<readonly StoredMsg[]> {
  const page: StoredMsg[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fallSilent = (): void => reject(new ForgeError('FORGE_NATS_UNAVAILABLE', `${stream}: the server fell silent`));
  promise.catch(() => undefined); // it may fail before it is waited for
  const silence = setTimeout(fallSilent, silenceMs);
  const reading = await jsm.direct.getBatch(stream, {
    ...options,
    callback: (done, message) => {
      silence.refresh();
      if (done === null) {
        page.push(message);
      } else if (done.err === undefined || /message not found|no results/i.test(messageOf(done.err))) {
        resolve();
      } else {
        reject(done.err);
      }
    },
  });
  try {
    await promise;
    return page;
  } finally {
    clearTimeout(silence);
    reading.stop();
  }
}
