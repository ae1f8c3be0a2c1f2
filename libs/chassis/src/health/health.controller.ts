import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Public } from '../auth/auth.guard.js';
import { ServiceIdentity } from '../service/service-identity.js';
import { Readiness, type ReadinessReport } from './readiness.js';

/** `GET /health`, `/ready` and `/healthz`. */
@Public()
@Controller()
export class HealthController {
  constructor(
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(ServiceIdentity) private readonly identity: ServiceIdentity,
  ) {}

  /** The process is alive. */
  @Get('health')
  health(): object {
    const { app, version, instance, startedAtMs } = this.identity;
    return {
      status: 'ok',
      service: app,
      version,
      instance,
      uptimeSeconds: Math.round((performance.now() - startedAtMs) / 1000),
    };
  }

  /** Everything it depends upon answers: 200; or 503 with what does not, and why. */
  @Get(['ready', 'healthz'])
  ready(@Res({ passthrough: true }) reply: FastifyReply): ReadinessReport {
    const report = this.readiness.report();
    reply.status(report.status === 'up' ? 200 : 503);
    return report;
  }
}
