import { isKnownError } from './exit-codes.js';

/** These say by themselves what to do about them. */
const selfExplaining = new Set([
  'FORGE_CONFIG_INVALID',
  'FORGE_RULES_INVALID',
  'FORGE_EVENT_INVALID',
  'FORGE_EVENT_UNKNOWN',
  'FORGE_DEAD_LETTER_UNKNOWN',
  'FORGE_DATA_NEWER',
]);

/**
 * A failure for the person who called the tool: what is wrong and what to do about it. Only what nobody foresaw shows where
 * it came from.
 */
export async function describeFailure(error: unknown): Promise<string> {
  if (!isKnownError(error)) {
    return error instanceof Error ? `unexpected: ${error.stack ?? error.message}` : `unexpected: ${String(error)}`;
  }
  const mend = await mendOf(error.code, error.details);
  return mend === undefined ? error.message : `${error.message}\n  → ${mend}`;
}

async function mendOf(code: string, details: Readonly<Record<string, unknown>>): Promise<string | undefined> {
  if (typeof details.mend === 'string') {
    return details.mend;
  }
  if (selfExplaining.has(code)) {
    return undefined;
  }
  const { errorCatalogue } = await import('@sentinel-forge/contracts');
  return Object.entries(errorCatalogue).find(([known]) => known === code)?.[1].mend;
}
