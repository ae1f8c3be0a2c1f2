import fc from 'fast-check';
import { admit, mayDigest, defaultDigestPolicy as policy } from './admission.service.js';

const quiet = { nowMs: 1_000_000, severity: 5, recentMessages: 0 };

describe('admission', () => {
  it('sends what is under the cap and holds what is over it', () => {
    const limit = policy.cap - policy.urgentReserve;
    expect(admit({ ...quiet, recentMessages: limit - 1 }, policy)).toEqual({ kind: 'send' });
    expect(admit({ ...quiet, recentMessages: limit }, policy)).toEqual({
      kind: 'hold',
      untilMs: quiet.nowMs + policy.digestAfterMs,
    });
  });

  it('keeps room for what is urgent, but not for a flood of it', () => {
    const urgent = { ...quiet, severity: policy.urgentSeverity };
    expect(admit({ ...urgent, recentMessages: policy.cap - 1 }, policy).kind).toBe('send');
    expect(admit({ ...urgent, recentMessages: policy.cap }, policy).kind).toBe('hold');
  });

  it('holds a repetition until the window of the first is over, however quiet it is', () => {
    const lastToldAtMs = quiet.nowMs - 1000;
    expect(admit({ ...quiet, lastToldAtMs }, policy)).toEqual({
      kind: 'hold',
      untilMs: lastToldAtMs + policy.repeatWindowMs,
    });
    expect(admit({ ...quiet, lastToldAtMs: quiet.nowMs - policy.repeatWindowMs }, policy).kind).toBe('send');
  });

  it('never lets single notices take the room of the digests', () => {
    fc.assert(
      fc.property(fc.nat({ max: 200 }), fc.integer({ min: 0, max: 10 }), (recentMessages, severity) => {
        const isSent = admit({ ...quiet, severity, recentMessages }, policy).kind === 'send';
        return !isSent || (mayDigest(recentMessages, policy) && recentMessages < policy.cap);
      }),
    );
  });
});
