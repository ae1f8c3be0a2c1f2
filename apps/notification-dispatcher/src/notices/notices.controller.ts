import { Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { Actor, RequireScope, steadyNow } from '@sentinel-forge/chassis';
import { ListNotices, Log, ReplayNotice, requests, validatorFor } from '@sentinel-forge/contracts';
import { OnRequest, type RequestContext } from '@sentinel-forge/messaging';
import { DeliveryRunner } from '../outbox/delivery.runner.js';
import type { HistoryEntry } from '../outbox/outbox.history.js';
import { Outbox } from '../outbox/outbox.js';

/** A page of notices, newest first. */
export interface NoticePage {
  readonly notices: readonly HistoryEntry[];
  /** `after` of the next page; absent on the last. */
  readonly next?: string;
}

/** What became of notices, and a second chance for those that failed; over HTTP and over `forge.rpc`. */
@Controller()
export class NoticesController {
  constructor(
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(DeliveryRunner) private readonly delivery: DeliveryRunner,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** `?traceId=…&failed=true&limit=…&after=…`. */
  @Get('notices')
  @RequireScope('notify:read')
  list(@Query() query: Readonly<Record<string, unknown>>): NoticePage {
    return this.#page(validatorFor(ListNotices).parse(typed(query)));
  }

  @OnRequest(requests.listNotices)
  async answerList(query: ListNotices): Promise<NoticePage> {
    return this.#page(query);
  }

  /** Sends a notice again that was given up, under the same id. */
  @Post('notices/:id/replay')
  @HttpCode(202)
  @RequireScope('notify:write')
  replay(@Param('id') id: string, @Actor() actor: string): object {
    return this.#replay(validatorFor(ReplayNotice).parse({ id }), actor);
  }

  @OnRequest(requests.replayNotice)
  async answerReplay(body: ReplayNotice, context: RequestContext): Promise<object> {
    return this.#replay(body, context.actor);
  }

  #page(query: ListNotices): NoticePage {
    const { entries, next } = this.outbox.history.list(query);
    return { notices: entries, ...(next === undefined ? {} : { next }) };
  }

  #replay({ id: asked }: ReplayNotice, actor: string): object {
    const id = this.outbox.history.replay(asked, steadyNow());
    this.log.info('notice.replayed', { id, actor });
    this.delivery.wake();
    return { id };
  }
}

/** Everything in a query is text; what reads as the type that it should have becomes it. */
function typed({ limit, failed, ...rest }: Readonly<Record<string, unknown>>): object {
  const isNumber = typeof limit === 'string' && /^\d{1,9}$/.test(limit);
  const isFlag = failed === 'true' || failed === 'false';
  return {
    ...rest,
    ...(limit === undefined ? {} : { limit: isNumber ? Number(limit) : limit }),
    ...(failed === undefined ? {} : { failed: isFlag ? failed === 'true' : failed }),
  };
}
