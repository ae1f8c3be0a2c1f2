const mostCharacters = 2_000;

/** The last lines of a captured log, as one text for an event; empty where there are none. */
export function lastLinesOf(logs: unknown, lines: number): string {
  const entries: unknown = (logs as { readonly entries?: unknown } | null | undefined)?.entries;
  if (!Array.isArray(entries)) {
    return '';
  }
  const texts = entries.map((entry: { readonly text?: unknown }) =>
    typeof entry?.text === 'string' ? entry.text : '',
  );
  return texts.join('').trimEnd().split('\n').slice(-lines).join('\n').slice(-mostCharacters);
}
