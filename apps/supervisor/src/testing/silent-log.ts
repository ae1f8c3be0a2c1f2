import { Log, type LogFields, type LogLevel } from '@sentinel-forge/contracts';

/** Keeps what was logged, for a test that fails to show. */
export class SilentLog extends Log {
  readonly records: { readonly level: LogLevel; readonly evt: string; readonly fields: LogFields | undefined }[] = [];

  write(level: LogLevel, evt: string, fields?: LogFields): void {
    this.records.push({ level, evt, fields });
  }
}
