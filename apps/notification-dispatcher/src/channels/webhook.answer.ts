import { ForgeError, messageOf } from '@sentinel-forge/contracts';
import type { SendOutcome } from './channel.port.js';
import { retryAfterMs } from './retry-after.js';

/** Statuses that say "later" though they are below 500, and whether they are about the endpoint or this one message. */
const laterStatuses: ReadonlyMap<number, 'endpoint' | 'message'> = new Map([
  [408, 'endpoint'],
  [425, 'message'],
  [429, 'endpoint'],
]);

/** What an answer to a webhook means. */
export function webhookAnswer(status: number, retryAfter: string | undefined, nowMs: number): SendOutcome {
  if (status >= 200 && status < 300) {
    return { kind: 'delivered', reason: `HTTP ${status}` };
  }
  const fault = status >= 500 ? 'endpoint' : laterStatuses.get(status);
  if (fault === undefined) {
    const isRedirect = status >= 300 && status < 400;
    return { kind: 'permanent', reason: isRedirect ? `HTTP ${status}: redirects are not followed` : `HTTP ${status}` };
  }
  const waitMs = retryAfterMs(retryAfter, nowMs);
  return {
    kind: 'transient',
    fault,
    reason: `HTTP ${status}`,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  };
}

/** What it means that there was no answer. The reason names the kind of failure, never the URL. */
export function webhookFailure(error: unknown): SendOutcome {
  if (error instanceof ForgeError) {
    return { kind: error.isRetryable ? 'transient' : 'permanent', fault: 'endpoint', reason: messageOf(error) };
  }
  const { code, name } = error as { code?: unknown; name?: unknown };
  const what = name === 'TimeoutError' ? 'no answer in time' : String(code ?? name ?? 'the connection failed');
  return { kind: 'transient', fault: 'endpoint', reason: what };
}
