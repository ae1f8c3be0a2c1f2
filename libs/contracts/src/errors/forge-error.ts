import { type ErrorCode, type ErrorEntry, errorCatalogue } from './catalogue.js';

/** What may be said of an error beside its message. */
export interface ForgeErrorOptions {
  /** The error underneath, kept for logs; never shown to a client. */
  readonly cause?: unknown;
  /** Facts a program can use: the field, its place, the limit. Must hold no secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The one family of errors. `code` is stable and documented in `docs/reference/errors.md`; `message` says what is wrong
 * and what to do about it; `isRetryable` says whether trying again, unchanged, can help.
 */
export class ForgeError extends Error {
  readonly code: ErrorCode;
  readonly isRetryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: ForgeErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'ForgeError';
    this.code = code;
    this.isRetryable = errorCatalogue[code].isRetryable;
    this.details = options.details ?? {};
  }
}

/**
 * Whether trying again can help. An error that nobody classified is taken as transient: a wrong retry costs a little,
 * a wrong rejection loses an effect.
 */
export function isRetryable(error: unknown): boolean {
  return error instanceof ForgeError ? error.isRetryable : true;
}

/** Whether what failed is what the service stands on (a disk, NATS), which says nothing of what it was given. */
export function isOutage(error: unknown): boolean {
  const entry: ErrorEntry | undefined = error instanceof ForgeError ? errorCatalogue[error.code] : undefined;
  return entry?.isOutage === true;
}

/** The message of anything that can be thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replaceAll(/\s+/g, ' ').trim();
}
