import type { ServiceDefinition } from '@sentinel-forge/chassis';
import { AppModule } from './app.module.js';
import { SupervisorSettings } from './config.js';
import { AutohealSettings } from './healing/autoheal.settings.js';

/** The service, as the chassis starts it. */
export const service: ServiceDefinition = {
  app: 'supervisor',
  version: '0.1.0',
  settingsClasses: [SupervisorSettings, AutohealSettings],
  module: AppModule,
};
