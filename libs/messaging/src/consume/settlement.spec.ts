import { type ErrorCode, errorCatalogue, ForgeError, isOutage } from '@sentinel-forge/contracts';
import fc from 'fast-check';
import { computeBackoffDelayMs, defaultRetryPolicy, type RetryPolicy, settle } from './settlement.js';

const policy: RetryPolicy = { maxDeliveries: 5, baseDelayMs: 100, maxDelayMs: 1_000 };
const failed = (error: unknown) => ({ isDone: false, error }) as const;
const permanent = new ForgeError('FORGE_HTTP_REFUSED', 'never');
const invalid = new ForgeError('FORGE_EVENT_INVALID', 'wrong field');
const transient = new ForgeError('FORGE_DOCKER_TIMEOUT', 'not now');
const outage = new ForgeError('FORGE_NOTIFY_OUTBOX', 'the disk is full');

describe('settle', () => {
  it.each([
    ['a handler that is done', { isDone: true } as const, 1, { kind: 'ack' }],
    ['a handler that is done at the last try', { isDone: true } as const, 5, { kind: 'ack' }],
    ['a permanent refusal', failed(permanent), 1, { kind: 'dead-letter', cause: 'rejected', error: permanent }],
    [
      'a message that breaks its contract',
      failed(invalid),
      1,
      { kind: 'dead-letter', cause: 'invalid', error: invalid },
    ],
    ['a transient failure', failed(transient), 1, { kind: 'retry', delayMs: 50 }],
    ['an error that nobody classified', failed(new TypeError('x')), 4, { kind: 'retry', delayMs: 400 }],
    ['something thrown that is no error', failed('x'), 1, { kind: 'retry', delayMs: 50 }],
    [
      'a transient failure at the last try',
      failed(transient),
      5,
      { kind: 'dead-letter', cause: 'exhausted', error: transient },
    ],
    ['an outage, however often it was tried', failed(outage), 600, { kind: 'retry', delayMs: 500 }],
    ['one try more than the last', failed(transient), 6, { kind: 'dead-letter', cause: 'exhausted', error: transient }],
    [
      'a permanent refusal at the last try',
      failed(permanent),
      5,
      { kind: 'dead-letter', cause: 'rejected', error: permanent },
    ],
  ])('settles %s', (_what, outcome, deliveries, settlement) => {
    expect(settle(outcome, deliveries, policy, 0)).toEqual(settlement);
  });

  it('acknowledges exactly what is done, and never tries again what a retry cannot help', () => {
    const codes = fc.constantFrom(...(Object.keys(errorCatalogue) as ErrorCode[]));
    const errors = fc.oneof(
      codes.map((code) => new ForgeError(code, 'x')),
      fc.anything(),
    );
    const outcomes = fc.oneof(fc.constant({ isDone: true } as const), errors.map(failed));
    fc.assert(
      fc.property(
        outcomes,
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (outcome, deliveries, random) => {
          const { kind } = settle(outcome, deliveries, defaultRetryPolicy, random);
          const isPermanent = !outcome.isDone && outcome.error instanceof ForgeError && !outcome.error.isRetryable;
          const isLast =
            deliveries >= defaultRetryPolicy.maxDeliveries && !(!outcome.isDone && isOutage(outcome.error));
          expect(kind).toBe(outcome.isDone ? 'ack' : isPermanent || isLast ? 'dead-letter' : 'retry');
        },
      ),
    );
  });
});

describe('computeBackoffDelayMs', () => {
  const policies = fc.record({
    maxDeliveries: fc.constant(12),
    baseDelayMs: fc.integer({ min: 1, max: 5_000 }),
    maxDelayMs: fc.integer({ min: 1, max: 600_000 }),
  });
  const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it('lies between half of the doubled rest and all of it, and never beyond the longest', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 2_000 }), randoms, (any, deliveries, random) => {
        const ceilingMs = Math.min(any.maxDelayMs, any.baseDelayMs * 2 ** (deliveries - 1));
        const delayMs = computeBackoffDelayMs(deliveries, any, random);
        expect(delayMs).toBeGreaterThanOrEqual(Math.floor(ceilingMs / 2));
        expect(delayMs).toBeLessThanOrEqual(any.maxDelayMs);
        expect(delayMs).toBeLessThanOrEqual(ceilingMs + 1);
      }),
    );
  });

  it('never shrinks from one try to the next, chance aside', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 100 }), randoms, (any, deliveries, random) => {
        expect(computeBackoffDelayMs(deliveries + 1, any, random)).toBeGreaterThanOrEqual(
          computeBackoffDelayMs(deliveries, any, random),
        );
      }),
    );
  });
});
