import type { DirectBatchOptions, JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { messageOf } from '@sentinel-forge/contracts';

/** Messages of a stream, read with one direct get; empty when there are none, which the client library calls an error. */
export async function directPage(jsm: JetStreamManager, stream: string, options: DirectBatchOptions): Promise<readonly StoredMsg[]> {
  const page: StoredMsg[] = [];
  try {
    for await (const message of await jsm.direct.getBatch(stream, options)) {
      page.push(message);
    }
  } catch (error) {
    if (!/message not found|no results/i.test(messageOf(error))) {
      throw error;
    }
  }
  return page;
}
