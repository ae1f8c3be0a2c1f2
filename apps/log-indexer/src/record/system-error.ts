/** The code of an error of the operating system (`ENOENT`, `ENOSPC`, …); undefined for anything else. */
export function systemCodeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
