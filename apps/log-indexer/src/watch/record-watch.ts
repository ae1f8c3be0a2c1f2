import { basename } from 'node:path';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Readiness } from '@sentinel-forge/chassis';
import { Log } from '@sentinel-forge/contracts';
import { Gauge, Registry } from 'prom-client';
import { LogIndexerSettings } from '../config.js';
import { RecordKeeper } from '../recording/record.keeper.js';
import type { Finding, Verification } from '../verification/verification.js';
import { verifyRecord } from '../verification/verify-record.js';

/** Verifies the record in the background, again and again. Tampering is told once for each place, and in `/ready` for as long as it stands. */
@Injectable()
export class RecordWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #ended = new AbortController();
  readonly #isIntact: Gauge;
  readonly #verifiedAt: Gauge;
  readonly #told = new Set<string>();
  #last: Verification | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(RecordKeeper) private readonly keeper: RecordKeeper,
    @Inject(LogIndexerSettings) private readonly settings: LogIndexerSettings,
    @Inject(Readiness) readiness: Readiness,
    @Inject(Log) private readonly log: Log,
    @Inject(Registry) registry: Registry,
  ) {
    readiness.add('integrity', () => stateOf(this.#last));
    this.#isIntact = new Gauge({
      name: 'forge_record_intact',
      help: '1 when the last verification found the record intact, 0 when not, and before the first',
      registers: [registry],
    });
    this.#verifiedAt = new Gauge({
      name: 'forge_record_verified_timestamp_seconds',
      help: 'When the record was last verified; 0 before the first time',
      registers: [registry],
    });
  }

  /** What the last verification found; undefined before the first. */
  get last(): Verification | undefined {
    return this.#last;
  }

  onApplicationBootstrap(): void {
    this.#schedule();
  }

  beforeApplicationShutdown(): void {
    clearTimeout(this.#timer);
    this.#ended.abort();
  }

  /** Verifies once. */
  async verify(): Promise<Verification> {
    const verification = await verifyRecord(this.keeper.directory, { signal: this.#ended.signal });
    this.#last = verification;
    this.#isIntact.set(verification.verdict === 'intact' ? 1 : 0);
    this.#verifiedAt.set(Date.now() / 1000);
    if (verification.verdict === 'tampered') {
      await this.#tell(verification.findings);
    } else if (verification.verdict === 'newer') {
      // This process has it open and writes our own format: nobody else should have written to it.
      const { path, detail } = verification;
      await this.#tell([{ file: basename(path), entry: 0, offset: 0, reason: 'head', detail }]);
    }
    return verification;
  }

  async #tell(findings: readonly Finding[]): Promise<void> {
    for (const finding of findings) {
      const place = `${finding.file}:${finding.entry}:${finding.reason}`;
      if (!this.#told.has(place)) {
        this.#told.add(place);
        await this.keeper.tellDamage('tampering-found', { ...finding });
      }
    }
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.verify()
        .catch((error: unknown) => {
          if (!this.#ended.signal.aborted) {
            this.log.error('record.not-verified', { error });
          }
        })
        .finally(() => {
          if (!this.#ended.signal.aborted) {
            this.#schedule();
          }
        });
    }, this.settings.verifyIntervalSeconds * 1000);
  }
}

function stateOf(verification: Verification | undefined): { isUp: boolean; reason?: string } {
  switch (verification?.verdict) {
    case 'tampered':
      return {
        isUp: false,
        reason: `entry ${verification.first.entry} of ${verification.first.file}: ${verification.first.detail}`,
      };
    case 'newer':
      return { isUp: false, reason: verification.detail };
    case 'unreadable':
      return { isUp: false, reason: `${verification.path}: ${verification.detail}` };
    default:
      return { isUp: true };
  }
}
