import { type AppName, ForgeError, isRetryable, Log, type LogFields, type LogLevel } from '@sentinel-forge/contracts';
import { currentTrace } from '@sentinel-forge/messaging';
import pino, { type DestinationStream, type Logger } from 'pino';
import type { Redactor } from './redaction.js';

/** A record as it leaves the service: redacted, with its level as a word. */
export interface WrittenRecord {
  readonly svc: string;
  readonly lvl: LogLevel;
  readonly evt: string;
  readonly time: string;
  readonly trace?: string;
  readonly msg?: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Hears of every record that is for the mesh as well as for stdout. */
export type RecordListener = (record: WrittenRecord) => void;

/** Where log lines go when nobody says otherwise. */
export const stdoutDestination = (): DestinationStream => pino.destination({ fd: 1, sync: true });

/** The log of one service: JSON lines with `svc, lvl, evt, trace`, redacted at any depth before they leave. */
export class ServiceLog extends Log {
  readonly #pino: Logger;
  #listener: RecordListener | undefined;

  constructor(
    private readonly app: AppName,
    level: LogLevel,
    private readonly redactor: Redactor,
    destination: DestinationStream,
  ) {
    super();
    this.#pino = pino(
      {
        level,
        base: { svc: app },
        timestamp: false,
        messageKey: 'msg',
        formatters: { level: (label) => ({ lvl: label }) },
      },
      destination,
    );
  }

  /** Sends every record to a listener as well, from now on. */
  onRecord(listener: RecordListener): void {
    this.#listener = listener;
  }

  override write(lvl: LogLevel, evt: string, fields: LogFields = {}): void {
    if (!this.#pino.isLevelEnabled(lvl)) {
      return;
    }
    const { trace = currentTrace()?.traceId, msg, error, isLocal, ...rest } = fields;
    const particulars = this.#redact({ ...rest, ...(error === undefined ? {} : { error: describeError(error) }) });
    const time = new Date().toISOString();
    const common = { evt, ...(trace === undefined ? {} : { trace }), time };
    const text = msg === undefined ? undefined : this.redactor.text(msg).value;
    this.#pino[lvl]({ ...common, ...beside(particulars) }, text);
    if (isLocal !== true) {
      this.#listener?.({
        svc: this.app,
        lvl,
        ...common,
        ...(text === undefined ? {} : { msg: text }),
        fields: particulars,
      });
    }
  }

  #redact(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    return this.redactor.value(fields).value as Readonly<Record<string, unknown>>;
  }
}

const ownNames = new Set(['svc', 'lvl', 'evt', 'trace', 'time', 'msg']);

// A particular must not pass for what the record says of itself: one of the same name gets an underscore.
function beside(particulars: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const names = Object.keys(particulars);
  return names.some((name) => ownNames.has(name))
    ? Object.fromEntries(names.map((name) => [ownNames.has(name) ? `${name}_` : name, particulars[name]]))
    : particulars;
}

// The stack of an error of ours says nothing that its code does not; of any other it is what one needs.
function describeError(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) {
    return typeof error === 'object' ? { thrown: error } : { message: String(error) };
  }
  const cause = error.cause === undefined || depth > 3 ? {} : { cause: describeError(error.cause, depth + 1) };
  if (error instanceof ForgeError) {
    return { code: error.code, message: error.message, isRetryable: isRetryable(error), ...cause };
  }
  return { name: error.name, message: error.message, stack: error.stack, ...cause };
}
