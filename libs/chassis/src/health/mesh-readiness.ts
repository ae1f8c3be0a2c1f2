import { Inject, Injectable } from '@nestjs/common';
import { JetStreamStrategy, LagMonitor, MeshConnection } from '@sentinel-forge/messaging';
import { Readiness } from './readiness.js';

/** What every service depends upon: NATS, its consumers, and that no stream discards what they have not handled. */
@Injectable()
export class MeshReadiness {
  constructor(
    @Inject(Readiness) readiness: Readiness,
    @Inject(MeshConnection) connection: MeshConnection,
    @Inject(JetStreamStrategy) strategy: JetStreamStrategy,
    @Inject(LagMonitor) lag: LagMonitor,
  ) {
    readiness.add('nats', () => ({ isUp: connection.state.isConnected, reason: connection.state.reason }));
    readiness.add('jetstream', () => {
      const waiting = strategy.consumers.filter((consumer) => !consumer.state.isReading);
      const reasons = waiting.map(
        ({ definition, state }) => `${definition.stream}/${definition.name}: ${state.reason}`,
      );
      return { isUp: waiting.length === 0, reason: reasons.join('; ') };
    });
    readiness.add('retention', () => ({ isUp: lag.alarms.length === 0, reason: lag.alarms.join('; ') }));
  }
}
