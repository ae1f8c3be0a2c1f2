import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { ForgeError, isNewerDataError, messageOf, newerDataError } from '@sentinel-forge/contracts';

/** How the tables came to be, step by step; a file knows in `user_version` how many it has taken. Never edit one: add one. */
const migrations: readonly string[] = [
  `
  -- What people should know: one row for each event, and one for each digest.
  CREATE TABLE notices (
    seq         INTEGER PRIMARY KEY,
    event_id    TEXT    NOT NULL UNIQUE,
    kind        TEXT    NOT NULL CHECK (kind IN ('notice', 'digest')),
    subject     TEXT    NOT NULL,
    title       TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    severity    REAL    NOT NULL,
    trace_id    TEXT,
    dedup_key   TEXT    NOT NULL,
    data        TEXT    NOT NULL,
    occurred_at INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    untold      TEXT    NOT NULL                      -- why nobody is told, where that is so
  ) STRICT;
  CREATE INDEX notices_by_trace ON notices (trace_id) WHERE trace_id IS NOT NULL;
  CREATE INDEX notices_by_age   ON notices (accepted_at);

  -- One row for each notice, channel and recipient. Times are in milliseconds since 1970.
  CREATE TABLE deliveries (
    seq             INTEGER PRIMARY KEY,
    id              TEXT    NOT NULL UNIQUE,          -- the idempotency id
    event_id        TEXT    NOT NULL REFERENCES notices (event_id) ON DELETE CASCADE,
    channel         TEXT    NOT NULL,
    address         TEXT    NOT NULL,                 -- may be a secret
    label           TEXT    NOT NULL,                 -- what people may see of it
    circuit         TEXT    NOT NULL,
    dedup_key       TEXT    NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('pending', 'sending', 'held', 'delivered', 'failed')),
    digest_id       TEXT,                             -- the delivery that carries this one
    attempts        INTEGER NOT NULL DEFAULT 0,
    queued_at       INTEGER NOT NULL,                 -- accepted, or last replayed
    next_attempt_at INTEGER NOT NULL,
    not_before      INTEGER NOT NULL DEFAULT 0,       -- what a Retry-After asked for
    held_until      INTEGER,
    message_at      INTEGER,                          -- when it became a message, or part of one
    settled_at      INTEGER,
    reason          TEXT    NOT NULL DEFAULT '',
    is_announced    INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX deliveries_by_event    ON deliveries (event_id);
  CREATE INDEX deliveries_due         ON deliveries (channel, next_attempt_at) WHERE state = 'pending';
  CREATE INDEX deliveries_by_circuit  ON deliveries (circuit, state, next_attempt_at);
  CREATE INDEX deliveries_held        ON deliveries (channel, address, held_until) WHERE state = 'held' AND digest_id IS NULL;
  CREATE INDEX deliveries_recent      ON deliveries (circuit, message_at) WHERE digest_id IS NULL;
  CREATE INDEX deliveries_told        ON deliveries (channel, address, dedup_key, message_at);
  CREATE INDEX deliveries_in_digest   ON deliveries (digest_id) WHERE digest_id IS NOT NULL;
  CREATE INDEX deliveries_unannounced ON deliveries (seq) WHERE is_announced = 0 AND state IN ('delivered', 'failed');
  CREATE INDEX deliveries_failed      ON deliveries (seq) WHERE state = 'failed' AND digest_id IS NULL;
  CREATE INDEX deliveries_settled     ON deliveries (settled_at) WHERE settled_at IS NOT NULL;

  -- Circuits that are not simply closed, so that a restart does not run against a server that is known to be down.
  CREATE TABLE breakers (circuit TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT;

  -- The outbox itself: one row.
  CREATE TABLE outbox (created_at INTEGER NOT NULL, probed_at INTEGER NOT NULL) STRICT;
  `,
];

/** What can stand for a parameter of a statement. */
export type SqlValue = string | number | null;

/**
 * The file of an outbox. What is committed is on disk: WAL with `synchronous = FULL`. The lock is exclusive, so that two
 * dispatchers never send from one file; it ends with the process, however that ends.
 */
export class OutboxDatabase {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #problem: string | undefined;

  /** When the file was made; milliseconds since 1970. */
  readonly createdAtMs: number;

  /**
   * Opens the file or makes it (mode 0600: it holds addresses and notices). Throws `FORGE_NOTIFY_OUTBOX`, or
   * `FORGE_DATA_NEWER`, and then nothing was written to it.
   */
  constructor(file: string, nowMs: number = Date.now()) {
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      closeSync(openSync(file, 'a', 0o600));
      this.#database = new DatabaseSync(file, { timeout: 2000 });
    } catch (error) {
      throw cannotOpen(file, error);
    }
    try {
      this.#refuseNewer(file);
      this.#database.exec(`
        PRAGMA locking_mode = EXCLUSIVE;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA foreign_keys = ON;
      `);
      this.#migrate(nowMs);
      this.createdAtMs = this.all<{ at: number }>('SELECT created_at AS at FROM outbox')[0]?.at ?? nowMs;
    } catch (error) {
      this.#database.close();
      throw cannotOpen(file, error);
    }
  }

  /** Why the last write failed; undefined once one succeeds. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Writes something that changes nothing, to see whether writing works. Throws what the disk says. */
  probe(nowMs: number): void {
    this.run('UPDATE outbox SET probed_at = $nowMs', { nowMs });
  }

  /** Runs a statement; returns how many rows it changed. */
  run(sql: string, parameters: Readonly<Record<string, SqlValue>> = {}): number {
    return this.#writing(() => Number(this.#prepared(sql).run({ ...parameters }).changes));
  }

  /** Runs a query. The caller says what its columns are. */
  all<Row>(sql: string, parameters: Readonly<Record<string, SqlValue>> = {}): readonly Row[] {
    return this.#prepared(sql).all({ ...parameters }) as unknown as Row[];
  }

  /** Does all of something, or nothing of it. */
  transaction<T>(work: () => T): T {
    return this.#writing(() => {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        this.#database.exec('COMMIT');
        return result;
      } catch (error) {
        // A failed COMMIT may have rolled back already.
        if (this.#database.isTransaction) {
          this.#database.exec('ROLLBACK');
        }
        throw error;
      }
    });
  }

  close(): void {
    this.#database.close();
  }

  #prepared(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #writing<T>(write: () => T): T {
    try {
      const result = write();
      this.#problem = undefined;
      return result;
    } catch (error) {
      this.#problem = messageOf(error);
      throw error;
    }
  }

  /** How many migrations the file has taken. */
  get #version(): number {
    return Number(this.#database.prepare('PRAGMA user_version').get()?.user_version);
  }

  #refuseNewer(file: string): void {
    const found = this.#version;
    if (found > migrations.length) {
      throw newerDataError({ what: file, found, understood: migrations.length });
    }
  }

  #migrate(nowMs: number): void {
    this.transaction(() => {
      for (const migration of migrations.slice(this.#version)) {
        this.#database.exec(migration);
      }
      this.#database.exec(`PRAGMA user_version = ${migrations.length}`);
      this.run('INSERT INTO outbox SELECT $nowMs, $nowMs WHERE NOT EXISTS (SELECT 1 FROM outbox)', { nowMs });
    });
  }
}

function cannotOpen(file: string, cause: unknown): ForgeError {
  return isNewerDataError(cause)
    ? cause
    : new ForgeError('FORGE_NOTIFY_OUTBOX', `${file} cannot be opened: ${messageOf(cause)}`, { cause });
}
