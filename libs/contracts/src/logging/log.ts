import type { LogLevel } from '../events/log-record.js';

/** The particulars of a log record. `error` may be anything that was thrown; `trace` is the trace id. */
export interface LogFields {
  readonly [name: string]: unknown;
  readonly trace?: string | undefined;
  readonly error?: unknown;
  /** The same for people, where the name of the event does not say it all. */
  readonly msg?: string;
  /** For stdout only, not for the mesh: what the mesh's own recorder says of its recording would be recorded in turn. */
  readonly isLocal?: boolean;
}

/** Where log records go. `evt` is a fixed name (`nats.reconnected`), never a sentence with values pasted in. */
export abstract class Log {
  abstract write(level: LogLevel, evt: string, fields?: LogFields): void;

  debug(evt: string, fields?: LogFields): void {
    this.write('debug', evt, fields);
  }

  info(evt: string, fields?: LogFields): void {
    this.write('info', evt, fields);
  }

  warn(evt: string, fields?: LogFields): void {
    this.write('warn', evt, fields);
  }

  error(evt: string, fields?: LogFields): void {
    this.write('error', evt, fields);
  }
}
