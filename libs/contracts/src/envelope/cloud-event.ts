import { createHash } from 'node:crypto';
import { ForgeError } from '../errors/forge-error.js';
import { newerDataError } from '../errors/newer-data.js';
import { limits } from '../limits.js';
import { type EventDefinition, matchSubject } from '../registry/events.js';
import { instantMs } from '../validation/decorators.js';
import { describeProblems, validatorFor } from '../validation/validator.js';
import { formatTraceparent, parseTraceparent, type TraceContext } from './trace-context.js';

/** An event as a handler sees it. */
export interface ForgeEvent<Data extends object = object> {
  readonly id: string;
  readonly type: string;
  /** Who said it: `/<app>` for the mesh's own, the producer's own word for telemetry. */
  readonly source: string;
  readonly subject: string;
  /** The parameters of the subject: `app`, `host`, `signal`, …. */
  readonly params: Readonly<Record<string, string>>;
  /** When it happened, in milliseconds since 1970. */
  readonly timeMs: number;
  /** When the server stored it, in milliseconds since 1970: unlike {@link timeMs} no producer can choose it. */
  readonly storedAtMs: number;
  readonly data: Data;
  readonly definition: EventDefinition;
  /** The trace it belongs to; derived from the id where the producer sent none, so that every delivery has the same. */
  readonly trace: TraceContext;
}

/** A message as it stands in a stream. */
export interface StoredMessage {
  readonly stream: string;
  readonly sequence: number;
  readonly subject: string;
  readonly headers: HeaderReader | undefined;
  readonly payload: Uint8Array;
  /** When the server stored it, in milliseconds since 1970. */
  readonly storedAtMs: number;
}

/** How headers are read; the case of names matters in NATS. */
export interface HeaderReader {
  get(name: string): string;
}

/** What the CloudEvents binding for NATS writes: binary mode, attributes as `ce-` headers. */
export interface EncodedEvent {
  /** The id, as a header can hold it. */
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
}

/** What is needed to say an event. */
export interface OutgoingEvent {
  readonly definition: EventDefinition;
  readonly id: string;
  readonly source: string;
  readonly timeMs: number;
  readonly data: object;
  readonly trace: TraceContext;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });
const specversion = '1.0';
const structuredType = 'application/cloudevents+json';

/** The `ce-source` of an app. */
export function sourceOf(app: string): string {
  return `/${app}`;
}

/**
 * Writes an event as a CloudEvent, NATS protocol binding 1.0.2, binary mode. Throws `FORGE_EVENT_INVALID` or
 * `FORGE_EVENT_TOO_LARGE`: an event that nobody could read must not leave.
 */
export function encodeEvent(event: OutgoingEvent): EncodedEvent {
  validatorFor(event.definition.dataClass).parse(event.data);
  refuseUnusable('id', event.id);
  refuseUnusable('source', event.source);
  const payload = encoder.encode(JSON.stringify(event.data));
  refuseOversized(event.definition, payload);
  const id = percentEncode(event.id);
  return {
    id,
    headers: {
      'ce-specversion': specversion,
      'ce-id': id,
      'ce-type': event.definition.type,
      'ce-source': percentEncode(event.source),
      'ce-time': new Date(event.timeMs).toISOString(),
      'ce-datacontenttype': 'application/json',
      traceparent: formatTraceparent(event.trace),
    },
    payload,
  };
}

/**
 * Reads what stands in a stream: binary mode, structured mode, or (telemetry only) a bare JSON object.
 * Throws a permanent {@link ForgeError} that says what is wrong with it.
 */
export function decodeEvent(message: StoredMessage): ForgeEvent {
  if (message.subject.length > limits.subjectLength) {
    throw new ForgeError(
      'FORGE_EVENT_INVALID',
      `a subject may have ${limits.subjectLength} characters; this has ${message.subject.length}`,
    );
  }
  const match = matchSubject(message.subject);
  if (match === undefined) {
    throw new ForgeError('FORGE_EVENT_UNKNOWN', `No event is registered for the subject "${message.subject}"`);
  }
  refuseOversized(match.definition, message.payload);
  const attributes = readAttributes(message, match.definition);
  const { definition } = match;
  if (attributes.type !== definition.type) {
    refuseNewer(attributes, definition, message);
    throw new ForgeError(
      'FORGE_EVENT_INVALID',
      `type "${attributes.type}" does not belong on ${message.subject}; it takes ${definition.type}`,
    );
  }
  if (attributes.id.length > limits.nameLength) {
    throw new ForgeError(
      'FORGE_EVENT_INVALID',
      `the id has ${attributes.id.length} characters; at most ${limits.nameLength} are allowed`,
    );
  }
  refuseForged(definition, match.params, attributes.source);
  const validator = validatorFor(definition.dataClass);
  if (!validator.isValid(attributes.data)) {
    const problems = validator.problemsOf(attributes.data);
    throw new ForgeError('FORGE_EVENT_INVALID', describeProblems(problems), { details: { problems } });
  }
  return new DecodedEvent(message, definition, match.params, attributes, attributes.data);
}

/** What a message says of itself, as far as it does: for whoever records it, valid or not. */
export interface EventOutline {
  readonly id: string;
  readonly source: string;
  readonly timeMs: number;
  readonly traceId: string;
}

/** Reads the outline of any message. Never throws: what cannot be read has what the stream knows of it. */
export function outlineOf(message: StoredMessage): EventOutline {
  const attributes = tryReadAttributes(message);
  const { id, source, timeMs, traceparent } = attributes;
  const trace = parseTraceparent(traceparent) ?? deriveTrace(id, message.storedAtMs);
  return { id, source, timeMs, traceId: trace.traceId };
}

function tryReadAttributes(message: StoredMessage): Pick<Attributes, 'id' | 'source' | 'timeMs' | 'traceparent'> {
  const definition = matchSubject(message.subject)?.definition;
  try {
    if (definition !== undefined) {
      return readAttributes(message, definition);
    }
  } catch {
    // Not an event: the outline below is all there is.
  }
  return {
    id: `${message.stream}:${message.sequence}`,
    source: '',
    timeMs: message.storedAtMs,
    traceparent: message.headers?.get('traceparent') || undefined,
  };
}

interface Attributes {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly timeMs: number;
  readonly traceparent: string | undefined;
  readonly data: unknown;
}

class DecodedEvent implements ForgeEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly timeMs: number;
  readonly storedAtMs: number;
  readonly #traceparent: string | undefined;
  #trace: TraceContext | undefined;

  constructor(
    message: StoredMessage,
    readonly definition: EventDefinition,
    readonly params: Readonly<Record<string, string>>,
    attributes: Attributes,
    readonly data: object,
  ) {
    this.id = attributes.id;
    this.type = attributes.type;
    this.source = attributes.source;
    this.subject = message.subject;
    this.timeMs = attributes.timeMs;
    this.storedAtMs = message.storedAtMs;
    this.#traceparent = attributes.traceparent;
  }

  // Derived only when asked for: most telemetry is observed and forgotten, and a hash for each would be paid for nothing.
  get trace(): TraceContext {
    this.#trace ??= parseTraceparent(this.#traceparent) ?? deriveTrace(this.id, this.storedAtMs);
    return this.#trace;
  }
}

function readAttributes(message: StoredMessage, definition: EventDefinition): Attributes {
  const { headers } = message;
  if (headers !== undefined && headers.get('ce-specversion') !== '') {
    return readBinary(message, headers);
  }
  const body = parseJson(message.payload);
  const isStructured = headers?.get('Content-Type').startsWith(structuredType) ?? false;
  if (isStructured || (isRecord(body) && 'specversion' in body && 'id' in body && 'type' in body)) {
    return readStructured(message, body, headers);
  }
  if (definition.publishers !== 'anyone') {
    throw new ForgeError(
      'FORGE_EVENT_INVALID',
      'the CloudEvents attributes (ce-specversion, ce-id, ce-type, ce-source) are missing',
    );
  }
  return {
    id: `${message.stream}:${message.sequence}`,
    type: definition.type,
    source: isRecord(body) && typeof body.source === 'string' ? body.source : '',
    timeMs: isRecord(body) ? timeOf(body.time, message) : message.storedAtMs,
    traceparent: headers?.get('traceparent') || undefined,
    data: body,
  };
}

function readBinary(message: StoredMessage, headers: HeaderReader): Attributes {
  const attribute = (name: string): string => {
    const value = percentDecode(headers.get(`ce-${name}`));
    if (value === '') {
      throw new ForgeError('FORGE_EVENT_INVALID', `the header ce-${name} is missing or empty`);
    }
    refuseUnusable(name, value);
    return value;
  };
  refuseVersion(attribute('specversion'));
  const data = parseJson(message.payload);
  return {
    id: attribute('id'),
    type: attribute('type'),
    source: attribute('source'),
    timeMs: timeOf(headers.get('ce-time') || undefined, message),
    traceparent: headers.get('traceparent') || undefined,
    data,
  };
}

function readStructured(message: StoredMessage, body: unknown, headers: HeaderReader | undefined): Attributes {
  const attribute = (name: string): string => {
    const value = isRecord(body) ? body[name] : undefined;
    if (typeof value !== 'string' || value === '') {
      throw new ForgeError('FORGE_EVENT_INVALID', `the CloudEvents attribute "${name}" is missing or no text`);
    }
    refuseUnusable(name, value);
    return value;
  };
  refuseVersion(attribute('specversion'));
  const record = body as Record<string, unknown>;
  return {
    id: attribute('id'),
    type: attribute('type'),
    source: attribute('source'),
    timeMs: timeOf(record.time, message),
    traceparent: typeof record.traceparent === 'string' ? record.traceparent : headers?.get('traceparent') || undefined,
    data: record.data,
  };
}

// Ids and sources are quoted in other events, where they are names.
function refuseUnusable(name: string, value: string): void {
  if (value === '' || value.length > limits.nameLength) {
    throw new ForgeError(
      'FORGE_EVENT_INVALID',
      `the CloudEvents attribute "${name}" must have 1 to ${limits.nameLength} characters`,
    );
  }
}

function refuseVersion(version: string): void {
  if (version !== specversion) {
    throw new ForgeError(
      'FORGE_EVENT_INVALID',
      `CloudEvents specversion "${version}" is not understood; use ${specversion}`,
    );
  }
}

// `forge.telemetry.v2`, where v1 is what we know. What dead-letters it keeps it, to be handled by the version that understands it.
function refuseNewer({ type }: Attributes, definition: EventDefinition, { stream, sequence }: StoredMessage): void {
  const [, kind, version] = /^(.*\.v)(\d{1,4})$/.exec(type) ?? [];
  const understood = definition.type;
  if (kind !== undefined && understood.startsWith(kind) && Number(version) > Number(understood.slice(kind.length))) {
    throw newerDataError({ what: `The event ${stream}:${sequence}`, found: type, understood });
  }
}

function refuseForged(definition: EventDefinition, params: Readonly<Record<string, string>>, source: string): void {
  if (definition.publishers === 'anyone') {
    return;
  }
  const owners = definition.publishers.filter((app) => params.app === undefined || params.app === app);
  if (!owners.some((app) => source === sourceOf(app))) {
    throw new ForgeError('FORGE_EVENT_FORGED', `"${source}" does not own ${definition.subject}`);
  }
}

function refuseOversized(definition: EventDefinition, payload: Uint8Array): void {
  if (payload.byteLength > definition.maxBytes) {
    throw new ForgeError(
      'FORGE_EVENT_TOO_LARGE',
      `${definition.type} may have ${definition.maxBytes} bytes; this has ${payload.byteLength}`,
    );
  }
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(payload));
  } catch (error) {
    throw new ForgeError('FORGE_EVENT_INVALID', 'the payload is not JSON in UTF-8', { cause: error });
  }
}

// An unreadable or absurd time is no reason to lose an event: the stream's own stands in for it.
function timeOf(text: unknown, message: StoredMessage): number {
  return instantMs(text) ?? message.storedAtMs;
}

function deriveTrace(id: string, storedAtMs: number): TraceContext {
  const digest = createHash('sha256').update(`${id}@${storedAtMs}`).digest('hex');
  return { traceId: digest.slice(0, 32), spanId: digest.slice(32, 48) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// CloudEvents NATS binding 1.0.2, section 3.1.3.2 (the rules of the HTTP binding): printable ASCII but for space, `"` and `%` stays.
function percentEncode(text: string): string {
  return text.replaceAll(/[^\x21\x23\x24\x26-\x7e]/gu, (char) => encodeURIComponent(char.toWellFormed()));
}

function percentDecode(text: string): string {
  if (!text.includes('%')) {
    return text;
  }
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
