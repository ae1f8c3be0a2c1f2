import { appNames, ForgeError, isAppName, type LogLevel } from '@sentinel-forge/contracts';
import type { SeenEvent } from '../tail/event-line.js';
import { tail } from '../tail/tail.js';
import { readableRecord } from '../terminal/log-printer.js';

/** Which log records are wanted. */
export interface LogsWish {
  readonly services: readonly string[];
  readonly levels: readonly LogLevel[];
  readonly trace: string | undefined;
  readonly since: number | undefined;
  readonly isLive: boolean;
  readonly isJson: boolean;
}

/** Prints what the services log. */
export async function tailLogs({ services, levels, trace, since, isLive, isJson }: LogsWish): Promise<void> {
  const unknown = services.find((service) => !isAppName(service));
  if (unknown !== undefined) {
    throw new ForgeError(
      'FORGE_CONFIG_INVALID',
      `"${unknown}" is no service of the mesh; there are ${appNames.join(', ')}`,
    );
  }
  const isOfTrace = ({ trace: own, data }: SeenEvent): boolean =>
    trace === undefined || own === trace || traceOf(data) === trace;
  await tail({
    filters: logFilters(services, levels),
    start:
      since === undefined
        ? isLive
          ? { kind: 'new' }
          : { kind: 'sequence', sequence: 1 }
        : { kind: 'time', timeMs: since },
    isLive,
    isJson,
    isWanted: isOfTrace,
    describe: ({ data }) => readableRecord(flatten(data), process.stdout),
  });
}

/** The subjects of the wanted services at the wanted levels. */
export function logFilters(services: readonly string[], levels: readonly LogLevel[]): readonly string[] {
  return (services.length === 0 ? ['*'] : services).flatMap((service) =>
    levels.map((level) => `log.${service}.${level}`),
  );
}

function traceOf(data: unknown): unknown {
  return typeof data === 'object' && data !== null && 'trace' in data ? data.trace : undefined;
}

// In the stream the particulars stand by themselves; on the terminal of the service they stand beside the rest.
function flatten(data: unknown): Readonly<Record<string, unknown>> {
  const { fields, ...record } = data as Readonly<Record<string, unknown>>;
  return { ...record, ...(typeof fields === 'object' ? fields : {}) };
}
