import { isStreamName, type StreamName, traceIdPattern } from '@sentinel-forge/contracts';

/** What a person knows of the event whose trace is wanted. */
export type TraceClue =
  | { readonly kind: 'trace'; readonly traceId: string }
  | { readonly kind: 'mitigation'; readonly id: string }
  | { readonly kind: 'event'; readonly stream: StreamName; readonly sequence: number };

/** Reads a trace id, a mitigation id or the start of one, `<STREAM>:<sequence>`, or a traceparent; undefined for anything else. */
export function traceClueOf(text: string): TraceClue | undefined {
  const traceId =
    /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(text)?.[1] ?? text.toLowerCase().replaceAll('-', '');
  if (traceIdPattern.test(traceId)) {
    return { kind: 'trace', traceId };
  }
  if (/^m-[0-9a-f]{4,32}$/.test(text)) {
    return { kind: 'mitigation', id: text };
  }
  const [, stream = '', sequence = ''] = /^([A-Z_]+):(\d+)$/.exec(text) ?? [];
  return isStreamName(stream) ? { kind: 'event', stream, sequence: Number(sequence) } : undefined;
}
