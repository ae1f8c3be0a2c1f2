import type { ServiceDefinition } from '@sentinel-forge/chassis';
import { AppModule } from './app.module.js';
import { DispatcherSettings } from './config.js';

/** The service, as the chassis starts it. */
export const service: ServiceDefinition = {
  app: 'notification-dispatcher',
  version: '0.1.0',
  settingsClasses: [DispatcherSettings],
  module: AppModule,
};
