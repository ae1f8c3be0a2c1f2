import type { CursorTable } from './cursors.js';

/** What every entry says of itself. */
interface EntryBase {
  /** Its number in the record, from 0. */
  readonly n: number;
}

/** The first entry of every segment. */
export interface SegmentEntry extends EntryBase {
  readonly kind: 'segment';
  readonly format: string;
  /** The id of the record, made when the record was. */
  readonly record: string;
  /** The hash of the entry before it: what the chain goes on from. */
  readonly previous: string;
  readonly time: string;
  /** How far each stream was recorded before this segment, so that a start needs to read the last segment only. */
  readonly cursors: CursorTable;
}

/** An event of a stream, as it was received, without its secrets. */
export interface EventEntry extends EntryBase {
  readonly kind: 'event';
  readonly stream: string;
  /** The sequence in the stream. */
  readonly seq: number;
  /** The incarnation of the stream: when it was created. */
  readonly born: string;
  readonly subject: string;
  readonly id: string;
  readonly time: string;
  readonly trace?: string;
  readonly source?: string;
  /** How many values redaction hid. */
  readonly hidden: number;
  /** The payload, where it is JSON. */
  readonly data?: unknown;
  /** The payload, where it is no JSON. Bytes that are not UTF-8 stand as U+FFFD in it. */
  readonly text?: string;
  /** The payload did not fit: it stands, cut up, in so many `part` entries right before this one, and is of this kind. */
  readonly parts?: number;
  readonly partsOf?: 'data' | 'text';
}

/**
 * A piece of a payload that is too large for one entry. Parts stand *before* their event: what a crash leaves behind is parts
 * without an event, which belong to nothing and do no harm, never an event without its payload.
 */
export interface PartEntry extends EntryBase {
  readonly kind: 'part';
  readonly text: string;
}

/** The last entry of a full segment. */
export interface SealEntry extends EntryBase {
  readonly kind: 'seal';
  readonly events: number;
  readonly time: string;
}

/** A write that a crash had torn was cut off. None of it had been acknowledged. */
export interface TailCutEntry extends EntryBase {
  readonly kind: 'tail-cut';
  readonly time: string;
  readonly bytes: number;
}

/** The record was found damaged, other than by a torn write. The damaged file was left as it is. */
export interface DamageEntry extends EntryBase {
  readonly kind: 'damage';
  readonly time: string;
  readonly damage: Damage;
}

/** What is wrong with a record, and where. */
export interface Damage {
  /** The file: a segment, or the head. */
  readonly file: string;
  /** The first entry that is not as it was written. */
  readonly entry: number;
  /** Where in the file. */
  readonly offset: number;
  readonly detail: string;
}

/** An entry of the record. */
export type RecordEntry = SegmentEntry | EventEntry | PartEntry | SealEntry | TailCutEntry | DamageEntry;

// Leaves out `n`, for each of the kinds.
type WithoutNumber<Entry> = Entry extends RecordEntry ? Omit<Entry, 'n'> : never;

/** Writes an entry that belongs to the record itself. */
export function encodeEntry(n: number, entry: WithoutNumber<Exclude<RecordEntry, EventEntry>>): string {
  return JSON.stringify({ n, ...entry });
}

/** Reads an entry; undefined when it is none, which in a verified record cannot be. */
export function decodeEntry(leaf: Uint8Array): RecordEntry | undefined {
  try {
    const entry: unknown = JSON.parse(Buffer.from(leaf.buffer, leaf.byteOffset, leaf.byteLength).toString());
    return isEntry(entry) ? entry : undefined;
  } catch {
    return undefined;
  }
}

const kinds: readonly unknown[] = ['segment', 'event', 'part', 'seal', 'tail-cut', 'damage'];

// The hash vouches for the rest: only the writer's own bytes come here.
function isEntry(value: unknown): value is RecordEntry {
  return typeof value === 'object' && value !== null && 'n' in value && 'kind' in value && kinds.includes(value.kind);
}
