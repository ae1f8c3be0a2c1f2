import type { Inventory, InventoryContainer } from './inventory.port.js';

/** As many digits of an id as `docker ps` shows. */
const shortIdLength = 12;

/** An inventory in memory, fed with changes and indexed by everything that a container can be called. */
export class MemoryInventory implements Inventory {
  readonly #containers = new Map<string, InventoryContainer>();
  readonly #byName = new Index();
  readonly #byShortId = new Index();
  readonly #byService = new Index();

  get size(): number {
    return this.#containers.size;
  }

  /** Adds a container, or replaces what was known of it. */
  upsert(container: InventoryContainer): void {
    this.remove(container.host, container.id);
    this.#containers.set(keyOf(container.host, container.id), container);
    for (const [index, name] of this.#entriesOf(container)) {
      index.add(name, container);
    }
  }

  /** Forgets a container; one that is not known is no error. */
  remove(host: string, id: string): void {
    const known = this.#containers.get(keyOf(host, id));
    if (known === undefined) {
      return;
    }
    this.#containers.delete(keyOf(host, id));
    for (const [index, name] of this.#entriesOf(known)) {
      index.delete(name, known);
    }
  }

  find(name: string, host?: string): readonly InventoryContainer[] {
    const onHost = (found: readonly InventoryContainer[]): readonly InventoryContainer[] =>
      host === undefined ? found : found.filter((container) => container.host === host);
    const named = onHost(this.#byName.get(name));
    if (named.length > 0) {
      return named;
    }
    const withPrefix = onHost(this.#withIdPrefix(name));
    const whole = withPrefix.filter(({ id }) => id === name);
    if (withPrefix.length > 0) {
      return whole.length > 0 ? whole : withPrefix;
    }
    return onHost(this.#byService.get(name));
  }

  #withIdPrefix(prefix: string): readonly InventoryContainer[] {
    return prefix.length < shortIdLength
      ? []
      : this.#byShortId.get(prefix.slice(0, shortIdLength)).filter(({ id }) => id.startsWith(prefix));
  }

  #entriesOf(container: InventoryContainer): readonly (readonly [Index, string])[] {
    const { id, name, service } = container;
    return [
      [this.#byName, name],
      [this.#byShortId, id.slice(0, shortIdLength)],
      ...(service === undefined ? [] : [[this.#byService, service] as const]),
    ];
  }
}

/** Containers by one of their names, in the order of host and id, so that answers do not depend on the order of changes. */
class Index {
  readonly #containers = new Map<string, InventoryContainer[]>();

  get(name: string): readonly InventoryContainer[] {
    return this.#containers.get(name) ?? [];
  }

  add(name: string, container: InventoryContainer): void {
    const known = [...this.get(name), container];
    this.#containers.set(
      name,
      known.sort((a, b) => (keyOf(a.host, a.id) < keyOf(b.host, b.id) ? -1 : 1)),
    );
  }

  delete(name: string, container: InventoryContainer): void {
    const rest = this.get(name).filter((other) => other !== container);
    if (rest.length > 0) {
      this.#containers.set(name, rest);
    } else {
      this.#containers.delete(name);
    }
  }
}

function keyOf(host: string, id: string): string {
  return `${host}/${id}`;
}
