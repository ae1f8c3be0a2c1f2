import type { ServiceDefinition } from '@sentinel-forge/chassis';
import { AppModule } from './app.module.js';

/** TaskRegistry, as the chassis starts it. */
export const service: ServiceDefinition = {
  app: 'task-registry',
  version: '0.1.0',
  settingsClasses: [],
  module: AppModule,
};
