import type { ContainerState, ContainerSummary } from '@sentinel-forge/docker';

/** The containers of this host as they were last seen. Whoever acts on one inspects it first. */
export class Inventory {
  readonly #containers = new Map<string, ContainerSummary>();

  /** Takes a whole list in; what is not on it is gone. */
  replaceAll(containers: readonly ContainerSummary[]): void {
    this.#containers.clear();
    for (const container of containers) {
      this.#containers.set(container.id, container);
    }
  }

  put(container: ContainerSummary): void {
    this.#containers.set(container.id, container);
  }

  /** What an event says of a container that is known. */
  setState(id: string, state: ContainerState): void {
    const container = this.#containers.get(id);
    if (container !== undefined) {
      this.#containers.set(id, { ...container, state });
    }
  }

  delete(id: string): void {
    this.#containers.delete(id);
  }

  get(id: string): ContainerSummary | undefined {
    return this.#containers.get(id);
  }

  byName(name: string): ContainerSummary | undefined {
    return [...this.#containers.values()].find((container) => container.name === name);
  }

  all(): Iterable<ContainerSummary> {
    return this.#containers.values();
  }

  get size(): number {
    return this.#containers.size;
  }
}
