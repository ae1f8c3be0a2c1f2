import { randomUUID } from 'node:crypto';
import { Controller, HttpCode, Inject, Post, Res } from '@nestjs/common';
import { RequireScope, ValidBody } from '@sentinel-forge/chassis';
import { Closed, Describe, events, Optional, Telemetry } from '@sentinel-forge/contracts';
import { EventPublisher } from '@sentinel-forge/messaging';
import { IsString, Matches, MaxLength } from 'class-validator';
import type { FastifyReply } from 'fastify';
import type { Decision } from '../planning/decision.js';
import { AwaitedDecisions } from './awaited-decisions.js';

const decisionTimeoutMs = 2_000;
/** Whoever waits for an answer over HTTP is better served by a refusal, and tries again. */
const publishTimeoutMs = 5_000;
const defaultSignal = 'http';

/** The body of `POST /defend`: telemetry, and the signal that it is. */
@Closed()
export class DefendRequest extends Telemetry {
  @Describe(`Which signal it is: what follows "defend." in the subject. "${defaultSignal}" when not given.`)
  @Optional()
  @IsString()
  @MaxLength(200)
  @Matches(/^[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64})*$/)
  readonly signal?: string;
}

/** Telemetry over HTTP. */
@Controller()
export class DefendController {
  constructor(
    @Inject(EventPublisher) private readonly publisher: EventPublisher,
    @Inject(AwaitedDecisions) private readonly awaited: AwaitedDecisions,
  ) {}

  /**
   * Publishes the telemetry as any producer would, and waits up to two seconds for what the consumer of the stream decides
   * on it: 200 with the decision, or 202 when it is still to come; 503 when no stream has taken it within five seconds.
   */
  @Post('defend')
  @HttpCode(200)
  @RequireScope('defend:write')
  async defend(
    @ValidBody(DefendRequest) request: DefendRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const { signal = defaultSignal, ...telemetry } = request;
    const id = randomUUID();
    const decision = this.awaited.wait(id, decisionTimeoutMs);
    const { trace } = await this.publisher.publish(events.telemetry, { signal }, telemetry, {
      id,
      timeoutMs: publishTimeoutMs,
    });
    return answerOf(trace.traceId, id, await decision, reply);
  }
}

function answerOf(traceId: string, eventId: string, decision: Decision | undefined, reply: FastifyReply): object {
  if (decision === undefined) {
    reply.status(202);
    return { traceId, eventId };
  }
  const { score, verdict, contributions, plan, simulation } = decision;
  return { traceId, eventId, score, verdict, contributions, plan, ...(simulation === undefined ? {} : { simulation }) };
}
