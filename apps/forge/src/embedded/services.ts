import type { ServiceDefinition } from '@sentinel-forge/chassis';
import type { AppName } from '@sentinel-forge/contracts';

// Loaded when needed: `forge tail` must not pay for six services.
const loaders: Readonly<Record<AppName, () => Promise<{ readonly service: ServiceDefinition }>>> = {
  'log-indexer': () => import('@sentinel-forge/log-indexer'),
  'notification-dispatcher': () => import('@sentinel-forge/notification-dispatcher'),
  supervisor: () => import('@sentinel-forge/supervisor'),
  sentinelcore: () => import('@sentinel-forge/sentinelcore'),
  'hardening-auditor': () => import('@sentinel-forge/hardening-auditor'),
  'task-registry': () => import('@sentinel-forge/task-registry'),
};

/** The service of an app. */
export async function loadService(app: AppName): Promise<ServiceDefinition> {
  return (await loaders[app]()).service;
}
