import { Global, Module } from '@nestjs/common';
import { MeshConnection } from './connection/mesh-connection.js';
import { JetStreamStrategy } from './consume/jetstream.strategy.js';
import { DeadLetterHandler, DeadLetterReplayer } from './dead-letter/dead-letter-replayer.js';
import { DeadLetterWriter } from './dead-letter/dead-letter-writer.js';
import { RecordStores } from './kv/record-store.js';
import { LagMonitor } from './lag/lag-monitor.js';
import { EventPublisher } from './publish/event-publisher.js';
import { RequestServer } from './request/request-server.js';

/** Everything a service needs to speak and to listen on the mesh. Needs `MessagingOptions` and `Log` from the chassis. */
@Global()
@Module({
  providers: [
    MeshConnection,
    EventPublisher,
    DeadLetterWriter,
    RequestServer,
    RecordStores,
    JetStreamStrategy,
    DeadLetterReplayer,
    LagMonitor,
  ],
  controllers: [DeadLetterHandler],
  exports: [MeshConnection, EventPublisher, RecordStores, JetStreamStrategy, LagMonitor],
})
export class MessagingModule {}
