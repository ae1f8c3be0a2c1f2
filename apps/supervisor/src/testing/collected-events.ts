import { MitigationTransition, SelfMitigation, validatorFor } from '@sentinel-forge/contracts';
import type { UnsaidEvent } from '../response/mitigation.record.js';
import type { MitigationEvents } from '../response/mitigation-events.port.js';

/** Takes events as a stream does: what breaks its contract is refused, and what has an id that was seen is the same event. */
export class CollectedEvents implements MitigationEvents {
  readonly events: UnsaidEvent[] = [];
  /** How often something was published, repetitions counted. */
  publications = 0;

  async publish(event: UnsaidEvent): Promise<void> {
    validatorFor<object>(event.saying === 'self' ? SelfMitigation : MitigationTransition).parse(event.data);
    this.publications += 1;
    if (!this.events.some(({ id }) => id === event.id)) {
      this.events.push(event);
    }
  }

  /** What was said of one mitigation, in order. */
  of(mitigationId: string): readonly UnsaidEvent[] {
    return this.events.filter(({ id }) => id.startsWith(`${mitigationId}:`));
  }

  /** The same, in words. */
  sayingsOf(mitigationId: string): readonly string[] {
    return this.of(mitigationId).map(({ saying }) => saying);
  }
}
