import { maxRetryAfterMs, retryAfterMs } from './retry-after.js';
import { webhookAnswer, webhookFailure } from './webhook.answer.js';

const nowMs = Date.parse('2026-01-01T00:00:00Z');

describe('Retry-After', () => {
  it.each([
    ['seconds', '120', 120_000],
    ['an HTTP-date', 'Thu, 01 Jan 2026 00:02:00 GMT', 120_000],
    ['a date that is over', 'Wed, 31 Dec 2025 23:00:00 GMT', 0],
    ['more than an hour', '999999', maxRetryAfterMs],
    ['a date next year', 'Fri, 01 Jan 2027 00:00:00 GMT', maxRetryAfterMs],
    ['nonsense', 'soon', undefined],
    ['a negative number', '-1', undefined],
    ['a fraction', '12.5', undefined],
    ['nothing', undefined, undefined],
  ])('given as %s is read', (_form, header, expected) => {
    expect(retryAfterMs(header, nowMs)).toBe(expected);
  });
});

describe('the answer to a webhook', () => {
  it.each([200, 201, 202, 204, 299])('%d means delivered', (status) => {
    expect(webhookAnswer(status, undefined, nowMs).kind).toBe('delivered');
  });

  it.each([301, 302, 307, 308, 400, 401, 403, 404, 410, 413, 422])('%d means never again', (status) => {
    expect(webhookAnswer(status, undefined, nowMs).kind).toBe('permanent');
  });

  it.each([408, 429, 500, 502, 503, 504])('%d means later, and that the endpoint is in trouble', (status) => {
    expect(webhookAnswer(status, '30', nowMs)).toMatchObject({
      kind: 'transient',
      fault: 'endpoint',
      retryAfterMs: 30_000,
    });
  });

  it('425 means later for this message only', () => {
    expect(webhookAnswer(425, undefined, nowMs)).toEqual({ kind: 'transient', fault: 'message', reason: 'HTTP 425' });
  });

  it('keeps everything but the kind of failure to itself', () => {
    const error = Object.assign(new Error('connect to http://me:secret@host failed'), { code: 'ECONNREFUSED' });
    expect(webhookFailure(error)).toEqual({ kind: 'transient', fault: 'endpoint', reason: 'ECONNREFUSED' });
  });
});
