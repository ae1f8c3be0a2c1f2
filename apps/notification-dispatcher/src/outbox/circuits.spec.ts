import { outageOf } from './circuits.js';

const minuteMs = 60_000;

describe('receivers that are out of order', () => {
  it('are no matter of the health of the service for a minute, and its reason is known all the while', () => {
    const open = [['email', { sinceMs: 1000, reason: 'SMTP: ECONNREFUSED' }]] as const;
    expect(outageOf(open, 1000 + minuteMs - 1)).toEqual({ isUp: true, reason: 'email: SMTP: ECONNREFUSED' });
    expect(outageOf(open, 1000 + minuteMs)).toEqual({ isUp: false, reason: 'email: SMTP: ECONNREFUSED' });
  });

  it('degrade the service as soon as one of them lasts, and all are named', () => {
    const open = [
      ['webhook:configured', { sinceMs: minuteMs, reason: 'HTTP 503' }],
      ['webhook:https://example.org', { sinceMs: 0, reason: 'ECONNRESET' }],
    ] as const;
    const reason = 'webhook:configured: HTTP 503; webhook:https://example.org: ECONNRESET';
    expect(outageOf(open, minuteMs)).toEqual({ isUp: false, reason });
  });

  it('are none where every circuit is closed', () => {
    expect(outageOf([], 0)).toEqual({ isUp: true });
  });
});
