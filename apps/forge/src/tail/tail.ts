import { type StoredMessage } from '@sentinel-forge/contracts';
import type { StartPoint } from '@sentinel-forge/messaging';
import { MeshClient } from '../mesh/mesh-client.js';
import { printLine } from '../terminal/printer.js';
import { safeJson } from '../terminal/safe-text.js';
import { describeEvent, type SeenEvent, seenEventOf } from './event-line.js';
import { follow, stopSignal } from './follow.js';
import { streamOf } from './subject-filters.js';

/** What `forge tail` and its like are asked for. */
export interface TailRequest {
  readonly filters: readonly string[];
  readonly start: StartPoint;
  readonly isLive: boolean;
  readonly isJson: boolean;
  /** Shows only these. */
  readonly isWanted?: (event: SeenEvent) => boolean;
  /** How an event reads for people. */
  readonly describe?: (event: SeenEvent) => string;
}

/** Prints what is said, as it is said, until Ctrl-C. */
export async function tail(request: TailRequest): Promise<void> {
  await using client = await MeshClient.connect();
  const { isJson, isWanted = () => true, describe = describeEvent } = request;
  const signal = stopSignal();
  let last: StoredMessage | undefined;
  try {
    for await (const message of follow(client, { ...request, signal })) {
      const event = seenEventOf(message, client.redactor);
      last = message;
      if (isWanted(event)) {
        await printLine(isJson ? safeJson(event) : describe(event));
      }
    }
  } finally {
    if (process.stderr.isTTY && last !== undefined) {
      process.stderr.write(`Go on with: ${resumeOption(request.filters, last)}\n`);
    }
  }
}

/** How a tail that ended is taken up again: at the next sequence, or for several streams at the time of the last event. */
export function resumeOption(filters: readonly string[], last: Pick<StoredMessage, 'sequence' | 'storedAtMs'>): string {
  return streamOf(filters) === undefined
    ? `--since ${new Date(last.storedAtMs).toISOString()}`
    : `--from-seq ${last.sequence + 1}`;
}
