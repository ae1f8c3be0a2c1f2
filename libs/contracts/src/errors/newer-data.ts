import { errorCatalogue } from './catalogue.js';
import { ForgeError } from './forge-error.js';

/** Something on disk, in a bucket or on the server, and how it was found. */
export interface NewerData {
  /** The file, the key or the stream, so that a person finds it. */
  readonly what: string;
  readonly found: string | number;
  /** The newest format that this version reads. */
  readonly understood: string | number;
}

/**
 * The one way to say that a newer version wrote something: `FORGE_DATA_NEWER`. Who finds such data leaves it as it is. What
 * cannot be understood is neither damage nor nothing, and whatever were written over it would be missing after the way back.
 */
export function newerDataError({ what, found, understood }: NewerData): ForgeError {
  const { mend } = errorCatalogue.FORGE_DATA_NEWER;
  return new ForgeError(
    'FORGE_DATA_NEWER',
    `${what} was written by a newer version of Sentinel Forge: its format is ${found}, and this version understands ${understood}. It was left as it is. ${mend}`,
    { details: { what, found, understood } },
  );
}

/** Whether an error says that a newer version wrote something. */
export function isNewerDataError(error: unknown): error is ForgeError {
  return error instanceof ForgeError && error.code === 'FORGE_DATA_NEWER';
}

/**
 * The version that a JSON document of ours says in its field `version`, if that is newer than what is understood. What says
 * none is of the first version: not everything has always said it.
 */
export function newerVersionIn(value: unknown, understood: number): number | undefined {
  const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
  return Number.isSafeInteger(version) && Number(version) > understood ? Number(version) : undefined;
}
