import { ContainerHealth, SelfMitigation, validatorFor } from '@sentinel-forge/contracts';
import type { HealingEvents } from '../healing/healing.ports.js';
import type { UnsaidHealth } from '../healing/healing.record.js';

/** Takes events as a stream does: what breaks its contract is refused, and what has an id that was seen is the same event. */
export class CollectedHealth implements HealingEvents {
  readonly events: UnsaidHealth[] = [];
  readonly selves = new Map<string, SelfMitigation>();

  async publish(event: UnsaidHealth): Promise<void> {
    validatorFor(ContainerHealth).parse(event.data);
    if (!this.events.some(({ id }) => id === event.id)) {
      this.events.push(event);
    }
  }

  async publishSelf(id: string, event: SelfMitigation): Promise<void> {
    this.selves.set(id, validatorFor(SelfMitigation).parse(event));
  }

  /** What was said of one container, in order, in words. */
  of(containerId: string): readonly string[] {
    return this.events.filter(({ data }) => data.id === containerId).map(({ state }) => state);
  }
}
