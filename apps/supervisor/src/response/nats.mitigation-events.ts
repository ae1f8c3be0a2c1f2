import {
  events,
  type MitigationTransition,
  newTrace,
  parseTraceparent,
  type SelfMitigation,
} from '@sentinel-forge/contracts';
import { type EventPublisher, randomHex } from '@sentinel-forge/messaging';
import type { UnsaidEvent } from './mitigation.record.js';
import type { MitigationEvents } from './mitigation-events.port.js';

const app = 'supervisor';
const transitions = {
  approved: events.mitigationApproved,
  applied: events.mitigationApplied,
  failed: events.mitigationFailed,
  released: events.mitigationReleased,
  rejected: events.mitigationRejected,
} as const;

/** {@link MitigationEvents} on the streams of the mesh. */
export class NatsMitigationEvents implements MitigationEvents {
  constructor(private readonly publisher: EventPublisher) {}

  async publish({ id, saying, at, data }: UnsaidEvent, traceparent: string): Promise<void> {
    // Each event is validated by its own contract on the way out: a record from elsewhere may say anything.
    const options = { id, timeMs: Date.parse(at), trace: newTrace(randomHex, parseTraceparent(traceparent)?.traceId) };
    if (saying === 'self') {
      await this.publisher.publish(events.selfMitigation, { app }, data as unknown as SelfMitigation, options);
    } else {
      await this.publisher.publish(transitions[saying], { app }, data as unknown as MitigationTransition, options);
    }
  }
}
