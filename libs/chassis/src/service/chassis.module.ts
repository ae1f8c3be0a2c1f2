import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { Log } from '@sentinel-forge/contracts';
import { MessagingModule, MessagingOptions } from '@sentinel-forge/messaging';
import { Registry } from 'prom-client';
import { AuthGuard } from '../auth/auth.guard.js';
import { TokenVerifier } from '../auth/token-verifier.js';
import { DocsController } from '../docs/docs.controller.js';
import { OpenApiDocument } from '../docs/openapi-document.js';
import { HealthController } from '../health/health.controller.js';
import { HealthAnnouncer } from '../health/health-announcer.js';
import { MeshReadiness } from '../health/mesh-readiness.js';
import { Readiness } from '../health/readiness.js';
import { ReadinessMetrics } from '../health/readiness-metrics.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { Redactor } from '../logging/redaction.js';
import type { ServiceLog } from '../logging/service-log.js';
import { HttpMetrics } from '../metrics/http-metrics.js';
import { MetricsController } from '../metrics/metrics.controller.js';
import { MeshSettings, natsCredentialsOf } from '../settings/mesh.settings.js';
import type { ServiceDefinition } from './service-definition.js';
import { ServiceIdentity } from './service-identity.js';

/** What the chassis module is made from. */
export interface ChassisParts {
  readonly definition: ServiceDefinition;
  readonly identity: ServiceIdentity;
  readonly meshSettings: MeshSettings;
  readonly ownSettings: readonly object[];
  readonly redactor: Redactor;
  readonly log: ServiceLog;
}

/** The root module of every service: the chassis around the service's own module. */
@Global()
@Module({})
export class ChassisModule {
  static around(parts: ChassisParts): DynamicModule {
    const { definition, identity, meshSettings, ownSettings, redactor, log } = parts;
    const shared: Provider[] = [
      { provide: Log, useValue: log },
      { provide: Redactor, useValue: redactor },
      { provide: ServiceIdentity, useValue: identity },
      { provide: MeshSettings, useValue: meshSettings },
      { provide: TokenVerifier, useValue: new TokenVerifier(meshSettings) },
      { provide: OpenApiDocument, useValue: new OpenApiDocument(identity) },
      { provide: Registry, useValue: new Registry() },
      { provide: MessagingOptions, useValue: messagingOptions(identity, meshSettings) },
      ...ownSettings.map((settings) => ({ provide: settings.constructor, useValue: settings })),
      Readiness,
      HttpMetrics,
    ];
    return {
      module: ChassisModule,
      imports: [MessagingModule, definition.module],
      controllers: [HealthController, MetricsController, DocsController],
      providers: [
        ...shared,
        MeshReadiness,
        ReadinessMetrics,
        HealthAnnouncer,
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
      exports: shared,
    };
  }
}

function messagingOptions(identity: ServiceIdentity, settings: MeshSettings): MessagingOptions {
  return {
    app: identity.app,
    version: identity.version,
    host: settings.host,
    servers: settings.natsUrls,
    credentials: natsCredentialsOf(settings),
  };
}
