import rateLimit from '@fastify/rate-limit';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  errorCatalogue,
  ForgeError,
  type Log,
  newTrace,
  parseTraceparent,
  traceIdPattern,
} from '@sentinel-forge/contracts';
import { currentTrace, randomHex, runInTrace } from '@sentinel-forge/messaging';
import type { FastifyRequest } from 'fastify';
import type { HttpMetrics } from '../metrics/http-metrics.js';
import type { MeshSettings } from '../settings/mesh.settings.js';
import { pathOf } from './problem.filter.js';
import { RateLimitStore } from './rate-limit-store.js';

/** Paths that must answer whatever else happens. */
const unlimitedPaths = new Set(['/health', '/healthz', '/ready', '/metrics']);

/** What happens to every HTTP request of every service: its trace, its limits, its log record and its metrics. */
export async function addHttpHooks(
  application: NestFastifyApplication,
  settings: MeshSettings,
  log: Log,
  metrics: HttpMetrics,
): Promise<void> {
  const server = application.getHttpAdapter().getInstance();
  server.addHook('onRequest', (request, reply, done) => {
    const trace = newTrace(randomHex, incomingTraceId(request));
    reply.header('x-trace-id', trace.traceId);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('cache-control', 'no-store');
    runInTrace(trace, done);
  });
  await application.register(rateLimit, {
    max: settings.rateLimitRpm,
    timeWindow: 60_000,
    store: RateLimitStore,
    allowList: (request: FastifyRequest) => unlimitedPaths.has(pathOf(request.url)),
    errorResponseBuilder: (_request: FastifyRequest, { max, after }: { max: number; after: string }) =>
      Object.assign(
        new ForgeError('FORGE_HTTP_RATE_LIMITED', `More than ${max} requests in a minute; go on in ${after}`),
        {
          statusCode: errorCatalogue.FORGE_HTTP_RATE_LIMITED.status,
        },
      ),
  });
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    metrics.observe(request.method, route, reply.statusCode, reply.elapsedTime);
    if (!unlimitedPaths.has(route)) {
      log.info('http.request', {
        method: request.method,
        route,
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime),
        trace: currentTrace()?.traceId ?? String(reply.getHeader('x-trace-id')),
      });
    }
    done();
  });
}

// A caller that has a trace keeps it, whether it speaks W3C (`traceparent`) or our own header.
function incomingTraceId(request: FastifyRequest): string | undefined {
  const { traceparent, 'x-trace-id': own } = request.headers;
  const parsed = typeof traceparent === 'string' ? parseTraceparent(traceparent) : undefined;
  if (parsed !== undefined) {
    return parsed.traceId;
  }
  return typeof own === 'string' && traceIdPattern.test(own) ? own : undefined;
}
