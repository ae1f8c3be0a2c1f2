import type { ServiceDefinition } from '@sentinel-forge/chassis';
import { AppModule } from './app.module.js';
import { SentinelcoreSettings } from './config.js';

/** The service, as the chassis starts it. */
export const service: ServiceDefinition = {
  app: 'sentinelcore',
  version: '0.1.0',
  settingsClasses: [SentinelcoreSettings],
  module: AppModule,
};
