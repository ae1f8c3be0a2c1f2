import type { ServiceDefinition } from '@sentinel-forge/chassis';
import { AppModule } from './app.module.js';
import { LogIndexerSettings } from './config.js';

/** The service, as the chassis starts it. */
export const service: ServiceDefinition = {
  app: 'log-indexer',
  version: '0.1.0',
  settingsClasses: [LogIndexerSettings],
  module: AppModule,
};
