/** What an exit code of `forge` says. */
export const exitCodes = { done: 0, failed: 1, usage: 2, unreachable: 3, unreadable: 4 } as const;

/** The same in words, for help and reference. */
export const exitCodeMeanings: ReadonlyArray<readonly [number, string]> = [
  [exitCodes.done, 'done, and all is well'],
  [exitCodes.failed, 'failed, not found, or not healthy'],
  [exitCodes.usage, 'the command or a setting is wrong'],
  [
    exitCodes.unreachable,
    'the mesh cannot be reached; with `logs verify`: a newer version wrote the record, so it cannot be verified',
  ],
  [exitCodes.unreadable, '`logs verify` only: the record cannot be read'],
];

const codesOfErrors: Readonly<Record<string, number>> = {
  FORGE_CONFIG_INVALID: exitCodes.usage,
  FORGE_EVENT_INVALID: exitCodes.usage,
  FORGE_EVENT_TOO_LARGE: exitCodes.usage,
  FORGE_EVENT_UNKNOWN: exitCodes.usage,
  FORGE_HTTP_BODY_INVALID: exitCodes.usage,
  FORGE_HTTP_REFUSED: exitCodes.usage,
  FORGE_NATS_UNAVAILABLE: exitCodes.unreachable,
};

/** An error of the mesh's one family, seen from outside: to know the class would be to load all of the contracts. */
export interface KnownError extends Error {
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Whether something that was thrown is an error of the mesh's family. */
export function isKnownError(error: unknown): error is KnownError {
  return error instanceof Error && error.name === 'ForgeError' && 'code' in error && 'details' in error;
}

/** The exit code that an error ends the tool with. */
export function exitCodeOf(error: unknown): number {
  return isKnownError(error) ? (codesOfErrors[error.code] ?? exitCodes.failed) : exitCodes.failed;
}
