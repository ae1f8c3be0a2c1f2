import type { Redactor } from '@sentinel-forge/chassis';
import { decodeEvent, type ForgeEvent, type StoredMessage, streamNames, streams } from '@sentinel-forge/contracts';
import type { MeshClient } from '../mesh/mesh-client.js';
import { follow } from '../tail/follow.js';
import type { TracedEvent } from './timeline.js';
import type { TraceClue } from './trace-id.js';

/** Where to look. */
export interface TraceSearch {
  readonly sinceMs: number;
  readonly hasLogs: boolean;
}

const never = new AbortController().signal;

/** Every event of a trace, without its secrets. */
export async function collectTrace(
  client: MeshClient,
  traceId: string,
  { sinceMs, hasLogs }: TraceSearch,
): Promise<readonly TracedEvent[]> {
  const filters = streamNames
    .filter((name) => hasLogs || name !== 'LOG')
    .flatMap((name) => [...streams[name].subjects]);
  const events: TracedEvent[] = [];
  for await (const message of follow(client, {
    filters,
    start: { kind: 'time', timeMs: sinceMs },
    isLive: false,
    signal: never,
  })) {
    const event = mayBelong(message, traceId) ? eventOf(message) : undefined;
    if (event !== undefined && traceIdsOf(event).includes(traceId)) {
      const { stream, sequence } = message;
      events.push({ event: withoutSecrets(event, client.redactor), stream, sequence });
    }
  }
  return events;
}

/** The trace that a clue leads to, if what it names is there. */
export async function findTraceId(client: MeshClient, clue: TraceClue, sinceMs: number): Promise<string | undefined> {
  if (clue.kind === 'trace') {
    return clue.traceId;
  }
  const where =
    clue.kind === 'event'
      ? { filters: [...streams[clue.stream].subjects], start: { kind: 'sequence', sequence: clue.sequence } as const }
      : { filters: ['mitigation.>'], start: { kind: 'time', timeMs: sinceMs } as const };
  for await (const message of follow(client, { ...where, isLive: false, signal: never })) {
    const event = eventOf(message);
    if (clue.kind === 'event') {
      return message.sequence === clue.sequence ? event?.trace.traceId : undefined;
    }
    if (event !== undefined && 'mitigationId' in event.data && String(event.data.mitigationId).startsWith(clue.id)) {
      return event.trace.traceId;
    }
  }
  return undefined;
}

// To read every event of an hour is slow; most say in a header that they belong to another trace.
function mayBelong({ headers, payload }: StoredMessage, traceId: string): boolean {
  const traceparent = headers?.get('traceparent') ?? '';
  return (
    traceparent === '' ||
    traceparent.includes(traceId) ||
    Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).includes(traceId)
  );
}

function eventOf(message: StoredMessage): ForgeEvent | undefined {
  try {
    return decodeEvent(message);
  } catch {
    return undefined; // what breaks its contract belongs to no trace; its dead letter does
  }
}

function withoutSecrets(event: ForgeEvent, redactor: Redactor): ForgeEvent {
  const { id, type, source, subject, params, timeMs, storedAtMs, definition, trace } = event;
  const data = redactor.value(event.data).value as object;
  return { id, type, source, subject, params, timeMs, storedAtMs, definition, trace, data };
}

function traceIdsOf({ trace, data }: ForgeEvent): readonly string[] {
  const { trace: own, traceId } = data as Readonly<Record<string, unknown>>;
  return [trace.traceId, ...[own, traceId].filter((id) => typeof id === 'string')];
}
