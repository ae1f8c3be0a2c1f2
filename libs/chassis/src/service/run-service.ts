import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type AppName, apps, ForgeError, limits } from '@sentinel-forge/contracts';
import { EventPublisher, JetStreamStrategy, MeshConnection } from '@sentinel-forge/messaging';
import type { DestinationStream } from 'pino';
import { Registry } from 'prom-client';
import { OpenApiDocument } from '../docs/openapi-document.js';
import { Readiness, type ReadinessReport } from '../health/readiness.js';
import { addHttpHooks } from '../http/http-hooks.js';
import { LogShipper } from '../logging/log-shipper.js';
import { nestLog } from '../logging/nest-log.js';
import { createRedactor } from '../logging/redaction.js';
import { ServiceLog, stdoutDestination } from '../logging/service-log.js';
import { HttpMetrics } from '../metrics/http-metrics.js';
import { describeMetrics, type MetricDescription } from '../metrics/metrics-reference.js';
import { type Environment, loadSettings } from '../settings/load-settings.js';
import { MeshSettings, RunnerSettings } from '../settings/mesh.settings.js';
import { Setting } from '../settings/setting.decorator.js';
import { port } from '../settings/setting-types.js';
import { ChassisModule } from './chassis.module.js';
import type { ServiceDefinition } from './service-definition.js';
import { ServiceIdentity } from './service-identity.js';

/** A service that runs. */
export interface RunningService {
  readonly app: AppName;
  /** Where its HTTP listens. */
  readonly url: string;
  readiness(): ReadinessReport;
  /** The metrics that it tells. */
  metrics(): Promise<readonly MetricDescription[]>;
  /** Takes nothing new, finishes what is in flight, says goodbye, closes. */
  stop(): Promise<void>;
}

/** How a service is run. */
export interface RunOptions {
  readonly environment: Environment;
  /** Where its log lines go; stdout when not given. */
  readonly logDestination?: DestinationStream;
}

/** How long a request that is under way may take when the service stops. */
const httpBudgetMs = 5_000;
const lookEveryMs = 50;
const flushBudgetMs = 1_000;

/**
 * Starts a service: settings, log, Nest around its module, HTTP, the mesh. Resolves when HTTP listens; NATS may still be
 * away, and `/ready` says so.
 *
 * @throws ForgeError `FORGE_CONFIG_INVALID` that lists everything that is wrong with its settings
 */
export async function runService(definition: ServiceDefinition, options: RunOptions): Promise<RunningService> {
  const PortSettings = portSettingsOf(definition.app);
  const [meshSettings, , { port: httpPort }, ...ownSettings] = loadSettings(
    [MeshSettings, RunnerSettings, PortSettings, ...definition.settingsClasses],
    options.environment,
  );
  requireTokenKey(meshSettings);
  const redactor = createRedactor({ keys: meshSettings.redactKeys });
  const log = new ServiceLog(
    definition.app,
    meshSettings.logLevel,
    redactor,
    options.logDestination ?? stdoutDestination(),
  );
  const identity = new ServiceIdentity(definition.app, definition.version, randomUUID(), performance.now());
  const application = await NestFactory.create<NestFastifyApplication>(
    ChassisModule.around({ definition, identity, meshSettings, ownSettings, redactor, log }),
    new FastifyAdapter({ bodyLimit: limits.eventBytes, forceCloseConnections: 'idle' }),
    { logger: nestLog(log), abortOnError: false },
  );
  const connection = application.get(MeshConnection);
  const shipper = new LogShipper(application.get(EventPublisher), connection, log);
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    const letGo = endConnections(application.getHttpServer());
    await application.close();
    letGo();
    log.info('service.stopped');
    await shipper.flush(flushBudgetMs);
    await connection.close();
  };
  try {
    shipper.start();
    application.get(OpenApiDocument).describe(application);
    await addHttpHooks(application, meshSettings, log, application.get(HttpMetrics));
    application.connectMicroservice({ strategy: application.get(JetStreamStrategy) }, { inheritAppConfig: true });
    await application.startAllMicroservices();
    await listen(application, httpPort, meshSettings.httpHost, definition.app);
  } catch (error) {
    await stop();
    throw error;
  }
  const url = await application.getUrl();
  log.info('service.started', { url, version: definition.version, instance: identity.instance });
  return {
    app: definition.app,
    url,
    readiness: () => application.get(Readiness).report(),
    metrics: () => describeMetrics(application.get(Registry)),
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

// HTTP closes when its connections have: those that wait for a next request are told not to, whenever they come to it.
function endConnections(server: Server): () => void {
  const idle = setInterval(() => server.closeIdleConnections(), lookEveryMs);
  const cutOff = setTimeout(() => server.closeAllConnections(), httpBudgetMs);
  return () => {
    clearInterval(idle);
    clearTimeout(cutOff);
  };
}

async function listen(
  application: NestFastifyApplication,
  httpPort: number,
  host: string,
  app: AppName,
): Promise<void> {
  try {
    await application.listen(httpPort, host);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      const { portSetting } = apps[app];
      throw new ForgeError(
        'FORGE_CONFIG_INVALID',
        `Port ${httpPort} is taken: stop what listens there, or set ${portSetting}`,
        {
          cause: error,
        },
      );
    }
    throw error;
  }
}

/** The settings class that holds the port of a service. */
export function portSettingsOf(app: AppName): new () => { readonly port: number } {
  class PortSettings {
    readonly port!: number;
  }
  Setting({
    env: apps[app].portSetting,
    type: port(),
    default: apps[app].port,
    summary: `The port that ${app} listens on`,
  })(PortSettings.prototype, 'port');
  return PortSettings;
}

// A service that would let everybody in, or nobody, does not start.
function requireTokenKey({ jwtSecret, jwksUrl }: MeshSettings): void {
  if (jwtSecret === undefined && jwksUrl === undefined) {
    throw new ForgeError(
      'FORGE_CONFIG_INVALID',
      'Settings that need mending:\n  - FORGE_JWT_SECRET or FORGE_JWKS_URL is required: it is what tokens are verified with',
    );
  }
}
