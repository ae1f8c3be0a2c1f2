import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import { type ErrorCode, errorCatalogue, ForgeError, Log, messageOf } from '@sentinel-forge/contracts';
import { currentTrace } from '@sentinel-forge/messaging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Observable, throwError } from 'rxjs';

/** An error as the client sees it (RFC 9457). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly mend: string;
  readonly traceId?: string;
  readonly [extension: string]: unknown;
}

/** Answers every error as `application/problem+json`, from the one catalogue. What nobody foresaw is logged, not shown. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(Log) private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): Observable<never> | undefined {
    if (host.getType() !== 'http') {
      return throwError(() => error);
    }
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = toProblem(error);
    if (problem.code === 'FORGE_INTERNAL') {
      const { method, url } = host.switchToHttp().getRequest<FastifyRequest>();
      this.log.error('http.failed', { method, path: pathOf(url), error });
    }
    if (!reply.sent) {
      if (problem.status === 401) {
        reply.header('www-authenticate', 'Bearer');
      }
      reply.status(problem.status).type('application/problem+json').send(problem);
    }
    return undefined;
  }
}

/** Any error as a problem. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ForgeError) {
    return problem(error.code, messageOf(error), error.details);
  }
  const status = statusOf(error);
  if (status === 404) {
    return problem('FORGE_HTTP_NOT_FOUND', pathOf(messageOf(error)));
  }
  if (status === 413) {
    return problem('FORGE_EVENT_TOO_LARGE', messageOf(error));
  }
  if (status === 429) {
    return problem('FORGE_HTTP_RATE_LIMITED', messageOf(error));
  }
  if (status === 400) {
    return problem('FORGE_HTTP_BODY_INVALID', messageOf(error));
  }
  if (status !== undefined && status > 400 && status < 500) {
    return { ...problem('FORGE_HTTP_REFUSED', messageOf(error)), status };
  }
  return problem('FORGE_INTERNAL', errorCatalogue.FORGE_INTERNAL.title);
}

function problem(code: ErrorCode, detail: string, details: Readonly<Record<string, unknown>> = {}): Problem {
  const { title, status, mend } = errorCatalogue[code];
  const traceId = currentTrace()?.traceId;
  return {
    ...details,
    type: `urn:sentinel-forge:error:${code}`,
    title,
    status,
    code,
    detail,
    mend,
    ...(traceId === undefined ? {} : { traceId }),
  };
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) {
    return error.getStatus();
  }
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}

/** The path of a URL, or of a text that ends with one: what follows the question mark may hold a secret. */
export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
