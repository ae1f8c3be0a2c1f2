import { Module } from '@nestjs/common';

/** Wiring, nothing else. */
@Module({})
export class AppModule {}
