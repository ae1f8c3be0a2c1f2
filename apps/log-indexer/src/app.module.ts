import { Global, Module } from '@nestjs/common';
import { ResumePoint } from '@sentinel-forge/messaging';
import { RecordKeeper } from './recording/record.keeper.js';
import { StreamsHandler } from './recording/streams.handler.js';
import { TailController } from './tail/tail.controller.js';
import { RecordController } from './watch/record.controller.js';
import { RecordWatch } from './watch/record-watch.js';

/** Wiring, nothing else. Global, so that the strategy finds the point to resume from. */
@Global()
@Module({
  controllers: [StreamsHandler, RecordController, TailController],
  providers: [RecordKeeper, { provide: ResumePoint, useExisting: RecordKeeper }, RecordWatch],
  exports: [ResumePoint],
})
export class AppModule {}
