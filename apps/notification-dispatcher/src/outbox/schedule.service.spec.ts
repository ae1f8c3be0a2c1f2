import fc from 'fast-check';
import type { SendOutcome } from '../channels/channel.port.js';
import { computeBackoffDelayMs, nextStep, defaultRetryPolicy as policy } from './schedule.service.js';

const failure: SendOutcome = { kind: 'transient', fault: 'endpoint', reason: 'HTTP 503' };
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('schedule', () => {
  it('waits anything between nothing and the doubled delay, never beyond the cap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), random, (attempts, chance) => {
        const delayMs = computeBackoffDelayMs(attempts, policy, chance);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempts - 1)));
      }),
    );
  });

  it('doubles until the cap', () => {
    const nearlyOne = 1 - Number.EPSILON;
    expect([1, 2, 3, 4].map((attempts) => computeBackoffDelayMs(attempts, policy, nearlyOne))).toEqual([
      999, 1999, 3999, 7999,
    ]);
  });

  it('never tries before the Retry-After of the other side is over', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 3_600_000 }),
        random,
        (attempts, retryAfterMs, chance) => {
          const step = nextStep({ attempts, queuedAtMs: 0 }, { ...failure, retryAfterMs }, policy, 1000, chance);
          expect(step).toMatchObject({ kind: 'retry', notBeforeMs: 1000 + retryAfterMs });
          expect(step.kind === 'retry' ? step.atMs : 0).toBeGreaterThanOrEqual(1000 + retryAfterMs);
        },
      ),
    );
  });

  it('ends at once with a success or a permanent failure, whatever the history', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), random, (attempts, nowMs, chance) => {
        const delivery = { attempts, queuedAtMs: 0 };
        expect(nextStep(delivery, { kind: 'delivered', reason: '' }, policy, nowMs, chance).kind).toBe('delivered');
        expect(nextStep(delivery, { kind: 'permanent', reason: '' }, policy, nowMs, chance).kind).toBe('failed');
      }),
    );
  });

  it('gives up after the last try, and says after how many', () => {
    const delivery = { attempts: policy.maxAttempts, queuedAtMs: 0 };
    expect(nextStep(delivery, failure, policy, 0, 0)).toEqual({
      kind: 'failed',
      reason: `HTTP 503; given up after ${policy.maxAttempts} tries`,
    });
    expect(nextStep({ ...delivery, attempts: policy.maxAttempts - 1 }, failure, policy, 0, 0).kind).toBe('retry');
  });

  it('gives up what is too old, but only after it was tried', () => {
    const nowMs = policy.maxAgeMs + 1;
    expect(nextStep({ attempts: 1, queuedAtMs: 0 }, failure, policy, nowMs, 0).kind).toBe('failed');
    expect(nextStep({ attempts: 1, queuedAtMs: 1 }, failure, policy, nowMs, 0).kind).toBe('retry');
  });

  it('ends after boundedly many tries under any sequence of chances', () => {
    fc.assert(
      fc.property(fc.infiniteStream(random), (chances) => {
        let nowMs = 0;
        for (let attempts = 1; ; attempts += 1) {
          const step = nextStep({ attempts, queuedAtMs: 0 }, failure, policy, nowMs, chances.next().value);
          if (step.kind !== 'retry') {
            return step.kind === 'failed' && attempts <= policy.maxAttempts && nowMs <= policy.maxAgeMs;
          }
          nowMs = step.atMs;
        }
      }),
    );
  });
});
