import { isUtf8 } from 'node:buffer';
import { encodeEntry } from './entry.js';
import { mostLeafBytes } from './format.js';

/** An event as it is handed over to be recorded. */
export interface RecordableEvent {
  readonly stream: string;
  /** The sequence in the stream, from 1. */
  readonly sequence: number;
  /** When the stream was created, as the server says it: its incarnation. */
  readonly born: string;
  readonly subject: string;
  readonly id: string;
  /** When it happened, RFC 3339. */
  readonly time: string;
  readonly traceId?: string | undefined;
  /** Who said it. */
  readonly source?: string | undefined;
  /** The payload as it was received: JSON, or anything. */
  readonly payload: Uint8Array;
}

/** What redaction must offer: the chassis' `Redactor` does. Must take anything, and never throw. */
export interface PayloadRedactor {
  json(json: string): { readonly value: string; readonly hidden: number };
  text(text: string): { readonly value: string; readonly hidden: number };
}

/**
 * Writes the leaves of one event: one, or for a payload that is too large, its parts and then the event. Never throws,
 * whatever the event holds: an event that could not be recorded would stop all those behind it.
 *
 * @param first the number of the first leaf
 */
export function encodeEvent(first: number, event: RecordableEvent, redactor: PayloadRedactor): readonly string[] {
  const payload = readPayload(event.payload, redactor);
  const id = redactor.text(event.id);
  const source = redactor.text(event.source ?? '');
  const head =
    `"kind":"event","stream":${JSON.stringify(event.stream)},"seq":${event.sequence},"born":${JSON.stringify(event.born)}` +
    `,"subject":${clipped(event.subject)},"id":${clipped(id.value)},"time":${clipped(event.time)}` +
    (event.traceId === undefined ? '' : `,"trace":${clipped(event.traceId)}`) +
    (event.source === undefined ? '' : `,"source":${clipped(source.value)}`) +
    `,"hidden":${payload.hidden + id.hidden + source.hidden}`;

  const body = payload.kind === 'none' ? '' : `,"${payload.kind}":${payload.json}`;
  const whole = `{"n":${first},${head}${body}}`;
  if (fits(whole)) {
    return [whole];
  }
  const content = payload.kind === 'text' ? payload.text : payload.json;
  const parts = cutUp(content).map((text, index) => encodeEntry(first + index, { kind: 'part', text }));
  return [...parts, `{"n":${first + parts.length},${head},"parts":${parts.length},"partsOf":"${payload.kind}"}`];
}

interface Payload {
  readonly kind: 'data' | 'text' | 'none';
  /** What stands in the entry, without line feeds. */
  readonly json: string;
  readonly text: string;
  readonly hidden: number;
}

// The bytes of JSON stay as they came; only line feeds go, which between the tokens of JSON mean nothing.
function readPayload(bytes: Uint8Array, redactor: PayloadRedactor): Payload {
  if (bytes.byteLength === 0) {
    return { kind: 'none', json: '', text: '', hidden: 0 };
  }
  const received = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  if (isJson(received) && isUtf8(bytes)) {
    const { value, hidden } = redactor.json(received);
    return { kind: 'data', json: value.replaceAll(/[\r\n]/g, ' '), text: '', hidden };
  }
  const { value, hidden } = redactor.text(received);
  return { kind: 'text', json: JSON.stringify(value), text: value, hidden };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const mostNameLength = 1024;

// Names are short. One that is not must not make an entry that fits nowhere.
function clipped(name: string): string {
  const isShort = name.length <= mostNameLength;
  return JSON.stringify(isShort ? name : `${name.slice(0, mostNameLength)}… (${name.length} characters)`);
}

// A character takes three bytes of UTF-8 at most: for nearly every entry that settles it without counting.
function fits(leaf: string): boolean {
  return leaf.length * 3 <= mostLeafBytes || Buffer.byteLength(leaf) <= mostLeafBytes;
}

// As JSON a character takes up to six bytes ("\u0000").
const partLength = Math.floor((mostLeafBytes - 100) / 6);

function cutUp(text: string): readonly string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += partLength) {
    parts.push(text.slice(at, at + partLength));
  }
  return parts;
}
