import { events, ForgeError, Log, limits, type NoticeOutcome, newTrace, stableHash } from '@sentinel-forge/contracts';
import { type EventPublisher, randomHex } from '@sentinel-forge/messaging';
import type { Outcome } from './outbox.history.js';
import type { Announce } from './outcome.announcer.js';

/** Says outcomes on `notify.delivered` and `notify.failed`, in the trace of their notice. */
export function outcomePublisher(publisher: EventPublisher, log: Log): Announce {
  return async (outcome) => {
    const { noticeId, state, settledAtMs, traceId } = outcome;
    const row = state === 'delivered' ? events.noticeDelivered : events.noticeFailed;
    try {
      await publisher.publish(row, {}, dataOf(outcome), {
        id: stableHash(noticeId, state, String(settledAtMs)),
        trace: newTrace(randomHex, traceId),
        timeMs: settledAtMs,
      });
    } catch (error) {
      if (!(error instanceof ForgeError) || error.isRetryable) {
        throw error;
      }
      // It could never be said, and must not keep the others from being said.
      log.error('notice.outcome-unsayable', { noticeId, state, error });
    }
  };
}

function dataOf({ noticeId, channel, title, attempts, reason, digestId }: Outcome): NoticeOutcome {
  return {
    noticeId,
    channel,
    title: title === '' ? '(no title)' : title.slice(0, limits.nameLength),
    attempts,
    reason: reason.slice(0, limits.summaryLength),
    ...(digestId === undefined ? {} : { digestId }),
  };
}
