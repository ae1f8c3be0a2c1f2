import type { InventoryEntry, MitigationView } from '@sentinel-forge/contracts';
import { isLasting } from '../planning/action-strength.js';
import type { InForce, MitigationInForce } from '../planning/in-force.port.js';
import { MemoryInventory } from '../planning/memory-inventory.js';

/** The states in which a mitigation holds its target, or is about to. */
const holdingStates: ReadonlySet<string> = new Set(['executing', 'applied']);

/** What sentinelcore knows of the containers of all hosts and of what is in force on them. */
export class FleetView implements InForce {
  readonly inventory = new MemoryInventory();
  readonly #byTarget = new Map<string, Map<string, MitigationInForce>>();
  readonly #targetOf = new Map<string, string>();
  readonly #current = Promise.withResolvers<void>();

  /** Resolves when everything that was known at the start has been read: before, "unknown" would mean nothing. */
  get whenCurrent(): Promise<void> {
    return this.#current.promise;
  }

  markCurrent(): void {
    this.#current.resolve();
  }

  on(host: string, containerId: string): readonly MitigationInForce[] {
    return [...(this.#byTarget.get(targetKey(host, containerId))?.values() ?? [])];
  }

  /** A container appeared, changed, or (undefined) went. `key` is `<host>.<id>`. */
  noteContainer(key: string, entry: InventoryEntry | undefined): void {
    if (entry === undefined) {
      const [host = '', id = ''] = key.split('.');
      this.inventory.remove(host, id);
      return;
    }
    const { host, id, name, service } = entry;
    this.inventory.upsert({ host, id, name, ...(service === undefined ? {} : { service }) });
  }

  /** A mitigation took a step, or (undefined) its record went. */
  noteMitigation(id: string, view: MitigationView | undefined): void {
    const former = this.#targetOf.get(id);
    if (former !== undefined) {
      this.#forget(id, former);
    }
    if (view === undefined || !isHolding(view)) {
      return;
    }
    const { host, id: containerId } = view.request.target;
    const target = targetKey(host, containerId);
    const there = this.#byTarget.get(target) ?? new Map<string, MitigationInForce>();
    const untilMs = view.until === undefined ? 'never' : Date.parse(view.until);
    this.#byTarget.set(target, there.set(id, { mitigationId: id, action: view.request.action, untilMs }));
    this.#targetOf.set(id, target);
  }

  #forget(id: string, target: string): void {
    this.#targetOf.delete(id);
    const there = this.#byTarget.get(target);
    there?.delete(id);
    if (there?.size === 0) {
      this.#byTarget.delete(target);
    }
  }
}

function isHolding({ state, request }: MitigationView): boolean {
  return holdingStates.has(state) && isLasting(request.action) && request.simulated !== true;
}

function targetKey(host: string, containerId: string): string {
  return `${host}/${containerId}`;
}
