/** One row of the catalogue. `status` is the HTTP status that the error answers with. */
export interface ErrorEntry {
  readonly status: number;
  readonly isRetryable: boolean;
  /** A short title, the same for every occurrence (problem+json `title`). */
  readonly title: string;
  /** What a person does about it. */
  readonly mend: string;
}

/** Every error that the mesh can answer with. Codes are stable: `FORGE_<AREA>_<REASON>`. */
export const errorCatalogue = {
  FORGE_EVENT_INVALID: {
    status: 400,
    isRetryable: false,
    title: 'The event or request does not match its contract',
    mend: 'Correct the named field; docs/reference/events.md shows every field with its limits.',
  },
  FORGE_EVENT_TOO_LARGE: {
    status: 413,
    isRetryable: false,
    title: 'The event is larger than its contract allows',
    mend: 'Send less: move large evidence elsewhere and refer to it.',
  },
  FORGE_EVENT_UNKNOWN: {
    status: 400,
    isRetryable: false,
    title: 'No event is registered for this subject',
    mend: 'Publish on a subject from docs/reference/events.md.',
  },
  FORGE_EVENT_FORGED: {
    status: 403,
    isRetryable: false,
    title: 'The source of the event does not own its subject',
    mend: 'Only the owning app publishes on this subject; find out who sent it.',
  },
  FORGE_CONFIG_INVALID: {
    status: 500,
    isRetryable: false,
    title: 'The settings are not valid',
    mend: 'Correct every setting that the message lists; docs/reference/config.md documents them.',
  },
  FORGE_AUTH_REQUIRED: {
    status: 401,
    isRetryable: false,
    title: 'A valid token is required',
    mend: 'Send `Authorization: Bearer <token>`; `forge token` prints one.',
  },
  FORGE_AUTH_SCOPE: {
    status: 403,
    isRetryable: false,
    title: 'The token does not carry the scope that this needs',
    mend: 'Use a token with the named scope: `forge token --scope <scope>`.',
  },
  FORGE_HTTP_RATE_LIMITED: {
    status: 429,
    isRetryable: true,
    title: 'Too many requests',
    mend: 'Wait as long as Retry-After says, or raise FORGE_RATE_LIMIT_RPM.',
  },
  FORGE_HTTP_BODY_INVALID: {
    status: 400,
    isRetryable: false,
    title: 'The body is not valid JSON',
    mend: 'Send one JSON object with `Content-Type: application/json`.',
  },
  FORGE_HTTP_NOT_FOUND: {
    status: 404,
    isRetryable: false,
    title: 'There is nothing here',
    mend: 'Check the path and the id; /docs lists every path.',
  },
  FORGE_HTTP_REFUSED: {
    status: 400,
    isRetryable: false,
    title: 'The request cannot be served as it is',
    mend: 'Read the detail; /docs shows what the path takes.',
  },
  FORGE_INTERNAL: {
    status: 500,
    isRetryable: true,
    title: 'Something failed that should not have',
    mend: 'Look for the trace id in the logs: `forge trace <id>`.',
  },
  FORGE_NATS_UNAVAILABLE: {
    status: 503,
    isRetryable: true,
    title: 'NATS does not answer',
    mend: 'Check that nats-server runs and NATS_URL names it; services reconnect by themselves.',
  },
  FORGE_NATS_TOPOLOGY: {
    status: 503,
    isRetryable: true,
    title: 'A stream, consumer or bucket is missing or differs from its declaration',
    mend: 'Run `forge provision`; it prints what differs and what it cannot change in place.',
  },
  FORGE_NATS_PUBLISH: {
    status: 503,
    isRetryable: true,
    title: 'JetStream did not acknowledge a publication',
    mend: 'Check /ready for the state of NATS; nothing was lost, the sender still holds the event.',
  },
  FORGE_KV_CONFLICT: {
    status: 409,
    isRetryable: true,
    title: 'The record was changed by someone else meanwhile',
    mend: 'Read it again and repeat the change.',
  },
  FORGE_KV_INVALID: {
    status: 500,
    isRetryable: false,
    title: 'A stored record does not match its contract',
    mend: 'The record was not written by the mesh, or by a newer version of it; inspect it before you delete it.',
  },
  FORGE_DEAD_LETTER_UNKNOWN: {
    status: 404,
    isRetryable: false,
    title: 'There is no such dead letter',
    mend: 'It was replayed or has aged out; `forge dead-letters list` shows what is there.',
  },
} as const satisfies Record<string, ErrorEntry>;

/** A stable error code. */
export type ErrorCode = keyof typeof errorCatalogue;
