import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Readiness } from '@sentinel-forge/chassis';
import { InventoryEntry, Log, MitigationView } from '@sentinel-forge/contracts';
import { type RecordChange, RecordStores } from '@sentinel-forge/messaging';
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
    while (!signal.aborted) {
      try {
        await Promise.all([
          inventory.follow('>', (change) => this.fleet.noteContainer(change.key, change.value), signal),
          mitigations.follow(
            '>',
            (change: RecordChange<MitigationView>) => this.fleet.noteMitigation(change.key, change.value),
            signal,
          ),
        ]);
        this.#isCurrent = true;
        this.fleet.markCurrent();
        return;
      } catch (error) {
        this.log.debug('inventory.not-read', { error });
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }
}
