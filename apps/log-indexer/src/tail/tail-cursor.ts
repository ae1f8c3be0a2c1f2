/** How far a reader has come in each stream. */
export type TailCursor = ReadonlyMap<string, number>;

/** Writes a cursor as the id of an event: `DEFEND:12,MITIGATION:5`. */
export function formatTailCursor(cursor: TailCursor): string {
  return [...cursor].map(([stream, sequence]) => `${stream}:${sequence}`).join(',');
}

/** Reads what {@link formatTailCursor} wrote; undefined for anything else. */
export function parseTailCursor(text: string): TailCursor | undefined {
  const cursor = new Map<string, number>();
  for (const part of text.split(',')) {
    const [, stream, sequence] = /^([A-Z_]{1,32}):(\d{1,16})$/.exec(part) ?? [];
    if (stream === undefined) {
      return undefined;
    }
    cursor.set(stream, Number(sequence));
  }
  return cursor;
}
