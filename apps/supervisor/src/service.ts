import type { ServiceDefinition } from '@sentinel-forge/chassis';
import { AppModule } from './app.module.js';

/** The service, as the chassis starts it. */
export const service: ServiceDefinition = { app: 'supervisor', version: '0.1.0', settingsClasses: [], module: AppModule };
