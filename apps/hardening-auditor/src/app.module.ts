import { Module } from '@nestjs/common';
import { AboutController } from './about/about.controller.js';

/** Wiring, nothing else. */
@Module({ controllers: [AboutController] })
export class AppModule {}
