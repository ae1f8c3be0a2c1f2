import { IsIn } from 'class-validator';
import { Describe, IsInstant, IsJsonObject, Optional } from '../validation/decorators.js';
import { IsName, IsText, IsTraceId } from './fields.js';

/** The levels of a log record, least first. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
/** A level; always a word, never a number. */
export type LogLevel = (typeof logLevels)[number];

/** `log.<app>.<level>`: one structured log record, redacted. */
export class LogRecord {
  @Describe('The service that says it.')
  @IsName()
  readonly svc!: string;

  @Describe('How much it matters.')
  @IsIn(logLevels)
  readonly lvl!: LogLevel;

  @Describe('What happened, as a fixed name: `http.request`, `nats.reconnected`, ….')
  @IsName()
  readonly evt!: string;

  @Describe('The trace it belongs to.')
  @Optional()
  @IsTraceId()
  readonly trace?: string;

  @Describe('When.')
  @IsInstant()
  readonly time!: string;

  @Describe('The same for people, where the name does not say it all.')
  @Optional()
  @IsText()
  readonly msg?: string;

  @Describe('The particulars.')
  @Optional()
  @IsJsonObject()
  readonly fields?: Readonly<Record<string, unknown>>;
}
