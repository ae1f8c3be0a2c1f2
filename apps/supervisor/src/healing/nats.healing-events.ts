import { type ContainerHealth, events, type SelfMitigation } from '@sentinel-forge/contracts';
import type { EventPublisher } from '@sentinel-forge/messaging';
import type { HealingEvents } from './healing.ports.js';
import type { UnsaidHealth } from './healing.record.js';

/** {@link HealingEvents} on the streams of the mesh. */
export class NatsHealingEvents implements HealingEvents {
  constructor(
    private readonly publisher: EventPublisher,
    private readonly host: string,
  ) {}

  async publish({ id, state, at, data }: UnsaidHealth): Promise<void> {
    // Its own validator looks at it again on the way out: a record from elsewhere may say anything.
    const health = data as unknown as ContainerHealth;
    await this.publisher.publish(events.containerHealth, { host: this.host, state }, health, {
      id,
      timeMs: Date.parse(at),
    });
  }

  async publishSelf(id: string, event: SelfMitigation): Promise<void> {
    await this.publisher.publish(events.selfMitigation, { app: 'supervisor' }, event, { id });
  }
}
