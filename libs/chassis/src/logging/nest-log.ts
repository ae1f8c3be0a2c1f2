import type { LoggerService } from '@nestjs/common';
import type { Log } from '@sentinel-forge/contracts';

/** Nest's own messages as log records. Its start-up chatter is worth nothing to an operator; its complaints are. */
export function nestLog(log: Log): LoggerService {
  return {
    log: () => undefined,
    debug: () => undefined,
    verbose: () => undefined,
    warn: (message: unknown) => log.warn('nest.warning', { msg: String(message) }),
    error: (message: unknown, ...more: readonly unknown[]) =>
      log.error('nest.error', { msg: String(message), context: more.map(String).join(' ') }),
  };
}
