import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Readiness } from '@sentinel-forge/chassis';
import { Log } from '@sentinel-forge/contracts';
import { DockerEngine, type DockerEvents } from '@sentinel-forge/docker';
import { SupervisorSettings } from '../config.js';
import { EngineWatch } from '../engine-watch/engine-watch.js';
import { AutohealSettings, explainForeign } from '../healing/autoheal.settings.js';
import { Healer } from '../healing/healer.js';
import { InventoryWriter } from '../inventory/inventory.writer.js';
import { EvidenceFolder } from '../response/evidence/folder.evidence.js';
import { defaultEvidenceRetention } from '../response/evidence/retention.service.js';
import { Responses } from '../response/responses.js';

const retryMs = 500;
const pruneEveryMs = 60 * 60 * 1000;
const probeEveryMs = 5_000;

/** The life of a supervisor: reads what is on record, then follows the engine, heals and responds, until it is stopped. */
@Injectable()
export class Supervision implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #recordsRead = Promise.withResolvers<void>();
  #events: DockerEvents | undefined;
  #following: Promise<void> | undefined;
  #prune: NodeJS.Timeout | undefined;
  #probe: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(
    @Inject(DockerEngine) private readonly engine: DockerEngine,
    @Inject(EngineWatch) private readonly watch: EngineWatch,
    @Inject(Responses) private readonly responses: Responses,
    @Inject(Healer) private readonly healer: Healer,
    @Inject(InventoryWriter) private readonly inventory: InventoryWriter,
    @Inject(EvidenceFolder) private readonly evidence: EvidenceFolder,
    @Inject(SupervisorSettings) private readonly settings: SupervisorSettings,
    @Inject(AutohealSettings) private readonly autoheal: AutohealSettings,
    @Inject(Log) private readonly log: Log,
    @Inject(Readiness) readiness: Readiness,
  ) {
    readiness.add('evidence', () => {
      const { problem } = evidence;
      return problem === undefined ? { isUp: true } : { isUp: false, reason: `it cannot be kept: ${problem}` };
    });
    readiness.add('docker', () => (watch.away === undefined ? { isUp: true } : { isUp: false, reason: watch.away }));
  }

  /** Resolves when the records of what is in force were read: before, nothing can be said of any container. */
  get whenRecordsAreRead(): Promise<void> {
    return this.#recordsRead.promise;
  }

  onApplicationBootstrap(): void {
    for (const msg of explainForeign(this.autoheal)) {
      this.log.warn('healing.setting-elsewhere', { msg });
    }
    // Events first: what happens while the records are read is not missed, and healing waits for nobody.
    this.#events = this.engine.events();
    this.#following = this.watch.follow(this.#events);
    void this.#begin();
    this.#prune = setInterval(() => void this.#pruneEvidence(), pruneEveryMs);
    this.#probe = setInterval(() => void this.evidence.probe(), probeEveryMs);
  }

  /** Begins nothing new and finishes what is under way. What is left is in the records. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#prune);
    clearInterval(this.#probe);
    await this.#events?.close();
    await this.#following;
    await Promise.all([
      this.responses.stop(),
      this.settings.isHealing ? this.healer.stop() : undefined,
      this.inventory.stop(),
    ]);
  }

  async #begin(): Promise<void> {
    await this.#insist('responses', () => this.responses.start());
    this.#recordsRead.resolve();
    if (this.settings.isHealing) {
      await this.#insist('healing', () => this.healer.start());
    }
    await this.#insist('inventory', () => this.inventory.start());
    await this.#pruneEvidence();
  }

  // The store is NATS: it may not be there yet.
  async #insist(part: string, start: () => Promise<void>): Promise<void> {
    while (!this.#isStopped) {
      try {
        await start();
        return;
      } catch (error) {
        this.log.debug('supervision.part-not-started', { part, error });
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  async #pruneEvidence(): Promise<void> {
    const retention = { ...defaultEvidenceRetention, maxAgeMs: this.settings.evidenceDays * 24 * 60 * 60 * 1000 };
    try {
      await this.evidence.prune(retention, Date.now());
    } catch (error) {
      this.log.warn('evidence.not-pruned', { error });
    }
  }
}
