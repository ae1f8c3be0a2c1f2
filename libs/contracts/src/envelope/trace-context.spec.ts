import fc from 'fast-check';
import { childOf, formatTraceparent, newTrace, parseTraceparent } from './trace-context.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';
const given = { traceId, spanId };

describe('parseTraceparent', () => {
  it.each([
    ['sampled or not', `00-${traceId}-${spanId}-00`],
    ['with flags that are not known yet', `00-${traceId}-${spanId}-ff`],
    ['of a later version', `cc-${traceId}-${spanId}-01`],
    ['of a later version that says more', `cc-${traceId}-${spanId}-01-what-the-future-will-be-like`],
  ])('reads one %s', (_kind, header) => {
    expect(parseTraceparent(header)).toEqual(given);
  });

  it.each([
    ['that is not there', undefined],
    ['that is empty', ''],
    ['of version ff', `ff-${traceId}-${spanId}-01`],
    ['of version 00 that says more', `00-${traceId}-${spanId}-01-more`],
    ['of a later version whose end is not parted off', `cc-${traceId}-${spanId}-01.more`],
    ['with a trace id of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['with a span id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['in upper case', `00-${traceId.toUpperCase()}-${spanId}-01`],
    ['with a span id in upper case', `00-${traceId}-${spanId.toUpperCase()}-01`],
    ['that is one digit short', `00-${traceId.slice(1)}-${spanId}-01`],
    ['that is one digit long', `00-${traceId}0-${spanId}-01`],
    ['with a letter that is no digit', `00-${traceId.slice(1)}g-${spanId}-01`],
    ['with a space before it', ` 00-${traceId}-${spanId}-01`],
    ['with a line after it', `00-${traceId}-${spanId}-01\n`],
    ['without flags', `00-${traceId}-${spanId}`],
  ])('refuses one %s', (_kind, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });
});

it('reads what it writes', () => {
  const hex = (digits: number) =>
    fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).filter((text) => !/^0+$/.test(text));
  fc.assert(
    fc.property(hex(32), hex(16), (anyTrace, anySpan) => {
      const trace = { traceId: anyTrace, spanId: anySpan };
      expect(parseTraceparent(formatTraceparent(trace))).toEqual(trace);
    }),
  );
});

it('keeps the trace id from hop to hop, and gives every hop a span of its own', () => {
  const randomHex = (bytes: number): string => 'ab'.repeat(bytes);
  expect(childOf(given, randomHex)).toEqual({ traceId, spanId: 'ab'.repeat(8) });
  expect(newTrace(randomHex)).toEqual({ traceId: 'ab'.repeat(16), spanId: 'ab'.repeat(8) });
  expect(newTrace(randomHex, traceId).traceId).toBe(traceId);
});
