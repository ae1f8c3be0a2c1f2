/** One row of the catalogue. `status` is the HTTP status that the error answers with. */
export interface ErrorEntry {
  readonly status: number;
  readonly isRetryable: boolean;
  /**
   * What the service itself stands on is away or full; what it was given is not to blame. So it is tried for as long as that
   * lasts, and never given up.
   */
  readonly isOutage?: boolean;
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
  FORGE_AUTH_UNAVAILABLE: {
    status: 503,
    isRetryable: true,
    title: 'Tokens cannot be verified at the moment',
    mend: 'Check that FORGE_JWKS_URL answers from where the service runs.',
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
    isOutage: true,
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
    isOutage: true,
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
    mend: 'The record was not written by the mesh; inspect it before you delete it.',
  },
  FORGE_DATA_NEWER: {
    status: 500,
    isRetryable: false,
    title: 'The data was written by a newer version',
    mend: 'Start the newer version again, or restore the backup that was made before the upgrade: docs/guides/backup-and-upgrade.md.',
  },
  FORGE_DEAD_LETTER_UNKNOWN: {
    status: 404,
    isRetryable: false,
    title: 'There is no such dead letter',
    mend: 'It was replayed or has aged out; `forge dead-letters list` shows what is there.',
  },
  FORGE_NOTIFY_CHANNEL: {
    status: 400,
    isRetryable: false,
    title: 'The channel is not set up',
    mend: 'Set SMTP_URL for email or NOTIFY_WEBHOOK_URL for webhook, or choose another channel.',
  },
  FORGE_NOTIFY_RECIPIENT: {
    status: 400,
    isRetryable: false,
    title: 'The recipient cannot be used on this channel',
    mend: 'Give one bare mail address for email, or one http(s) URL for webhook.',
  },
  FORGE_NOTIFY_EGRESS: {
    status: 400,
    isRetryable: false,
    title: 'Notices are not sent to inside addresses',
    mend: 'If the receiver really stands inside, add its host or network to NOTIFY_EGRESS_ALLOW.',
  },
  FORGE_NOTIFY_ROUTES: {
    status: 500,
    isRetryable: false,
    title: 'The file of routes is not valid',
    mend: 'Correct every line that the message names.',
  },
  FORGE_NOTIFY_OUTBOX: {
    status: 503,
    isRetryable: true,
    isOutage: true,
    title: 'The outbox cannot be opened, or not be written',
    mend: 'Check that its folder exists, is writable and has space, and that no other dispatcher uses it.',
  },
  FORGE_NOTIFY_UNKNOWN: {
    status: 404,
    isRetryable: false,
    title: 'There is no failed notice with this id',
    mend: 'It was delivered or has aged out; list the failed ones first.',
  },
  FORGE_MITIGATION_UNKNOWN: {
    status: 404,
    isRetryable: false,
    title: 'There is no such mitigation on this host',
    mend: 'Check the id and the host; `forge mitigation list` shows what is there.',
  },
  FORGE_MITIGATION_AMBIGUOUS: {
    status: 409,
    isRetryable: false,
    title: 'Several mitigations begin with this id',
    mend: 'Give more characters of the id.',
  },
  FORGE_MITIGATION_STATE: {
    status: 409,
    isRetryable: false,
    title: 'The state of the mitigation does not allow this',
    mend: 'Look at it with `forge mitigation show <id>`.',
  },
  FORGE_HEALING_UNKNOWN: {
    status: 404,
    isRetryable: false,
    title: 'The healer knows no such container',
    mend: 'Check the name or id; only containers that are healed are known.',
  },
  FORGE_DOCKER_UNAVAILABLE: {
    status: 503,
    isRetryable: true,
    title: 'The Docker engine does not answer',
    mend: 'Check that the engine runs, that DOCKER_HOST names it, and that this user may open its socket.',
  },
  FORGE_DOCKER_TIMEOUT: {
    status: 504,
    isRetryable: true,
    title: 'The Docker engine did not answer in time',
    mend: 'The call may still take effect: inspect before it is repeated. Look at the load of the host.',
  },
  FORGE_DOCKER_NOT_FOUND: {
    status: 404,
    isRetryable: false,
    title: 'The engine knows no such container or network, or is just removing it',
    mend: 'Check the name or id with `docker ps --all` or `docker network ls`.',
  },
  FORGE_DOCKER_CONFLICT: {
    status: 409,
    isRetryable: false,
    title: 'The state of the container does not allow this call',
    mend: 'Inspect it and bring it into the state that the message asks for.',
  },
  FORGE_DOCKER_REFUSED: {
    status: 422,
    isRetryable: false,
    title: 'The engine refuses this call, now and later',
    mend: 'Read the message; a socket proxy in between must allow the endpoint too.',
  },
  FORGE_DOCKER_ADDRESS_IN_USE: {
    status: 409,
    isRetryable: true,
    title: 'Another container holds the static address',
    mend: 'Find its holder with `docker network inspect`, and free the address.',
  },
  FORGE_DOCKER_FAILED: {
    status: 502,
    isRetryable: true,
    title: 'The engine failed while it carried the call out',
    mend: "Read the message and the engine's own log.",
  },
  FORGE_RULES_INVALID: {
    status: 400,
    isRetryable: false,
    title: 'The detection rules are not valid',
    mend: 'Correct every line that the message lists; `forge rules check` reads the files the same way.',
  },
  FORGE_RECORD_LOCKED: {
    status: 409,
    isRetryable: true,
    title: 'Another process writes this record',
    mend: 'Stop the other log-indexer, or give this one a FORGE_DATA_DIR of its own.',
  },
  FORGE_RECORD_DISK_FULL: {
    status: 507,
    isRetryable: true,
    isOutage: true,
    title: 'The disk that holds the record is full',
    mend: 'Make room; nothing that was acknowledged is lost, and recording goes on by itself.',
  },
  FORGE_RECORD_UNWRITABLE: {
    status: 503,
    isRetryable: true,
    isOutage: true,
    title: 'The record cannot be written',
    mend: 'Look at the cause and at the disk, then restart log-indexer: it recovers the record when it opens it.',
  },
  FORGE_RECORD_UNREADABLE: {
    status: 500,
    isRetryable: false,
    title: 'There is no record that can be read',
    mend: 'Check the directory and who may read it; `forge logs verify --dir <directory>` says what is wrong with it.',
  },
  FORGE_RECORD_ORDER: {
    status: 500,
    isRetryable: true,
    title: 'Events were handed over in another order than that of their stream',
    mend: 'Report it: the reader of the stream must start again from what is recorded.',
  },
} as const satisfies Record<string, ErrorEntry>;

/** A stable error code. */
export type ErrorCode = keyof typeof errorCatalogue;
