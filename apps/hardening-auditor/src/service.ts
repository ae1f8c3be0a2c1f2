import type { ServiceDefinition } from '@sentinel-forge/chassis';
import { AppModule } from './app.module.js';

/** HardeningAuditor, as the chassis starts it. */
export const service: ServiceDefinition = {
  app: 'hardening-auditor',
  version: '0.1.0',
  settingsClasses: [],
  module: AppModule,
};
