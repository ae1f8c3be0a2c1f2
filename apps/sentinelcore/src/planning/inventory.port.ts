/** A container as the supervisor of its host knows it. */
export interface InventoryContainer {
  /** The host, as its supervisor is named. */
  readonly host: string;
  /** The full id. */
  readonly id: string;
  readonly name: string;
  /** The Compose service that it belongs to, if any. */
  readonly service?: string;
}

/** Everything that runs on every host. */
export interface Inventory {
  /**
   * The containers that a name can mean, on all hosts or on one: those of that exact name; if there is none, the one of that full
   * id; else those whose id begins with it (from 12 digits on); else those of that Compose service.
   */
  find(name: string, host?: string): readonly InventoryContainer[];
}
