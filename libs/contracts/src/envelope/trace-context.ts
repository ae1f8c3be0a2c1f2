/** Where one hop stands in a trace (W3C Trace Context). Source: https://www.w3.org/TR/trace-context/ */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits, the same on every hop. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits, this hop's own. */
  readonly spanId: string;
}

/** Where random bytes come from; passed in, so that a decision that needs them can be replayed. */
export type RandomHex = (bytes: number) => string;

const traceparentPattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const zeros = /^0+$/;

/** Reads a `traceparent`; undefined when it is not one. Later versions than 00 are read as far as 00 defines them. */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  const match = header === undefined ? null : traceparentPattern.exec(header);
  const [, version, traceId, spanId, , rest] = match ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined || version === 'ff') {
    return undefined;
  }
  if ((version === '00' && rest !== undefined) || zeros.test(traceId) || zeros.test(spanId)) {
    return undefined;
  }
  return { traceId, spanId };
}

/** Writes a `traceparent`, always as sampled: the mesh records everything. */
export function formatTraceparent(trace: TraceContext): string {
  return `00-${trace.traceId}-${trace.spanId}-01`;
}

/** The next hop of a trace. */
export function childOf(trace: TraceContext, randomHex: RandomHex): TraceContext {
  return { traceId: trace.traceId, spanId: randomHex(8) };
}

/** A new trace, or the first hop of one whose id came from outside. */
export function newTrace(randomHex: RandomHex, traceId: string = randomHex(16)): TraceContext {
  return { traceId, spanId: randomHex(8) };
}
