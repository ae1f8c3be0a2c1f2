import type { AppName } from '@sentinel-forge/contracts';

/** Which service this is, and which start of it. */
export class ServiceIdentity {
  constructor(
    readonly app: AppName,
    readonly version: string,
    /** Unique for each start. */
    readonly instance: string,
    /** By the monotonic clock. */
    readonly startedAtMs: number,
  ) {}
}
