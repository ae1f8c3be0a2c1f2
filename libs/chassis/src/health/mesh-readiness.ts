import { Inject, Injectable } from '@nestjs/common';
import { EventPublisher, JetStreamStrategy, LagMonitor, MeshConnection, RecordStores } from '@sentinel-forge/messaging';
import { Readiness } from './readiness.js';

/** What every service depends upon: NATS, its consumers, that the streams store what is said, that it can read what it has on record, and that no stream discards what is not handled. */
@Injectable()
export class MeshReadiness {
  constructor(
    @Inject(Readiness) readiness: Readiness,
    @Inject(MeshConnection) connection: MeshConnection,
    @Inject(JetStreamStrategy) strategy: JetStreamStrategy,
    @Inject(LagMonitor) lag: LagMonitor,
    @Inject(EventPublisher) publisher: EventPublisher,
    @Inject(RecordStores) stores: RecordStores,
  ) {
    readiness.add('nats', () => ({ isUp: connection.state.isConnected, reason: connection.state.reason }));
    readiness.add('jetstream', () => {
      const waiting = strategy.consumers.filter((consumer) => !consumer.state.isReading);
      const reasons = waiting.map(
        ({ definition, state }) => `${definition.stream}/${definition.name}: ${state.reason}`,
      );
      return { isUp: waiting.length === 0, reason: reasons.join('; ') };
    });
    readiness.add('storage', () => {
      const reason = publisher.trouble;
      return reason === undefined ? { isUp: true } : { isUp: false, reason };
    });
    readiness.add('records', () => {
      const reason = stores.trouble;
      return reason === undefined ? { isUp: true } : { isUp: false, reason };
    });
    readiness.add('retention', () => ({ isUp: lag.alarms.length === 0, reason: lag.alarms.join('; ') }));
  }
}
