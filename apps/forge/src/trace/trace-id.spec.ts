import { traceClueOf } from './trace-id.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('traceClueOf', () => {
  it.each([
    traceId,
    traceId.toUpperCase(),
    `00-${traceId}-00f067aa0ba902b7-01`,
    '4bf92f35-77b3-4da6-a3ce-929d0e0e4736',
  ])('reads the trace of %s', (text) => {
    expect(traceClueOf(text)).toEqual({ kind: 'trace', traceId });
  });

  it('reads a mitigation, or the start of its id', () => {
    expect(traceClueOf('m-8c1f')).toEqual({ kind: 'mitigation', id: 'm-8c1f' });
  });

  it('reads an event of a stream', () => {
    expect(traceClueOf('DEFEND:12')).toEqual({ kind: 'event', stream: 'DEFEND', sequence: 12 });
  });

  it.each(['', 'abc', '0'.repeat(32), 'm-xyz', 'NOPE:1', 'DEFEND:x'])('refuses "%s"', (text) => {
    expect(traceClueOf(text)).toBeUndefined();
  });
});
