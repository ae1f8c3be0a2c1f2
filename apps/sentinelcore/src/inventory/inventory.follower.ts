import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Readiness } from '@sentinel-forge/chassis';
import { InventoryEntry, Log, MitigationView } from '@sentinel-forge/contracts';
import { RecordStores } from '@sentinel-forge/messaging';
import { FleetView } from './fleet-view.js';

const retryMs = 1_000;

/** Keeps {@link FleetView} in step with what the supervisors have written. */
@Injectable()
export class InventoryFollower implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #ended = new AbortController();
  #isCurrent = false;

  constructor(
    @Inject(RecordStores) private readonly stores: RecordStores,
    @Inject(FleetView) private readonly fleet: FleetView,
    @Inject(Readiness) readiness: Readiness,
    @Inject(Log) private readonly log: Log,
  ) {
    readiness.add('inventory', () =>
      this.#isCurrent ? { isUp: true } : { isUp: false, reason: 'the containers of the hosts are not read yet' },
    );
  }

  onApplicationBootstrap(): void {
    void this.#follow();
  }

  beforeApplicationShutdown(): void {
    this.#ended.abort();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#ended;
    const inventory = this.stores.open('inventory', InventoryEntry);
    const mitigations = this.stores.open('mitigations', MitigationView);
    await Promise.all([
      this.#insist(() => inventory.follow('>', ({ key, value }) => this.fleet.noteContainer(key, value), signal)),
      this.#insist(() => mitigations.follow('>', ({ key, value }) => this.fleet.noteMitigation(key, value), signal)),
    ]);
    if (!signal.aborted) {
      this.#isCurrent = true;
      this.fleet.markCurrent();
    }
  }

  // Each by itself: one that is followed already must not be followed twice while the other cannot be read.
  async #insist(follow: () => Promise<void>): Promise<void> {
    while (!this.#ended.signal.aborted) {
      try {
        await follow();
        return;
      } catch (error) {
        this.log.debug('inventory.not-read', { error });
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }
}
