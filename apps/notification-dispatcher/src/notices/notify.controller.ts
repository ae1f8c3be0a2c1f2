import { Controller, HttpCode, Inject, Post, Res } from '@nestjs/common';
import { RequireScope, ValidBody } from '@sentinel-forge/chassis';
import { events, NotifyRequested, newTrace } from '@sentinel-forge/contracts';
import { EventPublisher, randomHex } from '@sentinel-forge/messaging';
import type { FastifyReply } from 'fastify';
import { Notifier } from './notifier.js';

const publishTimeoutMs = 5_000;

/** Notices over HTTP. */
@Controller()
export class NotifyController {
  constructor(
    @Inject(Notifier) private readonly notifier: Notifier,
    @Inject(EventPublisher) private readonly publisher: EventPublisher,
  ) {}

  /**
   * Asks that people be told something. What could never be delivered is refused; everything else is answered as soon as it
   * is in the stream, from where it comes back like any other event: it outlives this process from then on.
   */
  @Post('notify')
  @HttpCode(202)
  @RequireScope('notify:write')
  async notify(
    @ValidBody(NotifyRequested) request: NotifyRequested,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    this.notifier.check(request);
    const { traceId } = request;
    const { id, trace } = await this.publisher.publish(events.notifyRequested, {}, request, {
      timeoutMs: publishTimeoutMs,
      ...(traceId === undefined ? {} : { trace: newTrace(randomHex, traceId) }),
    });
    reply.header('x-trace-id', trace.traceId);
    return { traceId: trace.traceId, eventId: id };
  }
}
