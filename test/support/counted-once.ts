/** Those of the ids that are there never, or more than once; and every id that is there more than once. */
export function countedOnce(found: readonly string[], wanted: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const id of found) {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const repeated = [...counts].filter(([, count]) => count > 1).map(([id]) => `${id} more than once`);
  return [...repeated, ...wanted.filter((id) => !counts.has(id)).map((id) => `${id} never`)];
}
