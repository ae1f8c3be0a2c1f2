import { Module } from '@nestjs/common';
import { HealingController } from './healing/healing.controller.js';
import { MitigationHandler } from './response/mitigation.handler.js';
import { MitigationsController } from './response/mitigations.controller.js';
import { Supervision } from './supervision/supervision.js';
import { supervisionProviders } from './supervision/supervision.providers.js';

/** Wiring, nothing else. */
@Module({
  controllers: [MitigationHandler, MitigationsController, HealingController],
  providers: [...supervisionProviders, Supervision],
})
export class AppModule {}
