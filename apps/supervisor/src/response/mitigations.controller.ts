import { Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { Actor, RequireScope, ValidBody } from '@sentinel-forge/chassis';
import {
  ChooseMitigation,
  ForgeError,
  ListMitigations,
  Log,
  type MitigationState,
  PauseMitigations,
  ReleaseMitigation,
  requests,
  validatorFor,
} from '@sentinel-forge/contracts';
import { OnRequest, type RequestContext } from '@sentinel-forge/messaging';
import { type MitigationSummary, summaryOf } from './mitigation.view.js';
import { Responses } from './responses.js';

/** Shows and steers mitigations, over HTTP and over `forge.rpc`. */
@Controller('mitigations')
export class MitigationsController {
  constructor(
    @Inject(Responses) private readonly responses: Responses,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** `?state=&container=&limit=`, newest first. */
  @Get()
  @RequireScope('mitigation:read')
  list(
    @Query('state') state?: MitigationState,
    @Query('container') container?: string,
    @Query('limit') limit?: string,
  ): Promise<object> {
    const filter = {
      ...(state === undefined ? {} : { state }),
      ...(container === undefined ? {} : { container }),
      ...(limit === undefined ? {} : { limit: Number(limit) }),
    };
    return this.answerList(validatorFor(ListMitigations).parse(filter));
  }

  @Get(':id')
  @RequireScope('mitigation:read')
  show(@Param('id') id: string): Promise<object> {
    return this.answerShow(chosen(id));
  }

  @Post(':id/approve')
  @HttpCode(200)
  @RequireScope('mitigation:write')
  approve(@Param('id') id: string, @Actor() actor: string): Promise<object> {
    return this.#approve(chosen(id), actor);
  }

  @Post(':id/reject')
  @HttpCode(200)
  @RequireScope('mitigation:write')
  reject(@Param('id') id: string, @Actor() actor: string): Promise<object> {
    return this.#reject(chosen(id), actor);
  }

  /** One (`{"id": …}`) or everything that is in force (`{"all": true}`). */
  @Post('release')
  @HttpCode(200)
  @RequireScope('mitigation:write')
  release(@ValidBody(ReleaseMitigation) body: ReleaseMitigation, @Actor() actor: string): Promise<object> {
    return this.#release(body, actor);
  }

  @Post('pause')
  @HttpCode(200)
  @RequireScope('mitigation:write')
  pause(@ValidBody(PauseMitigations) body: PauseMitigations, @Actor() actor: string): Promise<object> {
    return this.#pause(body, actor);
  }

  @OnRequest(requests.listMitigations)
  async answerList(body: ListMitigations): Promise<{ isPaused: boolean; mitigations: readonly MitigationSummary[] }> {
    return { isPaused: await this.responses.isPaused(), mitigations: this.responses.list(body).map(summaryOf) };
  }

  @OnRequest(requests.showMitigation)
  async answerShow({ id }: ChooseMitigation): Promise<object> {
    const record = this.responses.find(id);
    const { calls, history, before, joins } = record;
    return {
      ...summaryOf(record),
      evidence: record.request.evidence,
      calls,
      history,
      joins,
      ...(before === undefined ? {} : { before }),
    };
  }

  @OnRequest(requests.approveMitigation)
  answerApprove(body: ChooseMitigation, context: RequestContext): Promise<object> {
    return this.#approve(body, context.actor);
  }

  @OnRequest(requests.rejectMitigation)
  answerReject(body: ChooseMitigation, context: RequestContext): Promise<object> {
    return this.#reject(body, context.actor);
  }

  @OnRequest(requests.releaseMitigation)
  answerRelease(body: ReleaseMitigation, context: RequestContext): Promise<object> {
    return this.#release(body, context.actor);
  }

  @OnRequest(requests.pauseMitigations)
  answerPause(body: PauseMitigations, context: RequestContext): Promise<object> {
    return this.#pause(body, context.actor);
  }

  async #approve({ id, reason }: ChooseMitigation, actor: string): Promise<object> {
    return summaryOf(await this.responses.approve(id, actor, reason));
  }

  async #reject({ id, reason }: ChooseMitigation, actor: string): Promise<object> {
    return summaryOf(await this.responses.reject(id, actor, reason));
  }

  async #release({ id, all, reason }: ReleaseMitigation, actor: string): Promise<object> {
    if ((id === undefined) === (all !== true)) {
      throw new ForgeError('FORGE_EVENT_INVALID', 'Say which: either id, or all: true');
    }
    const released =
      id === undefined
        ? await this.responses.releaseAll(actor, reason)
        : [await this.responses.release(id, actor, reason)];
    this.log.info('mitigation.release-asked', { actor, mitigations: released.map((record) => record.id) });
    return { mitigations: released.map(summaryOf) };
  }

  async #pause({ isPaused, reason }: PauseMitigations, actor: string): Promise<object> {
    const isChanged = await this.responses.setPaused(isPaused, actor, reason);
    this.log.warn(isPaused ? 'mitigation.paused' : 'mitigation.resumed', { actor, isChanged });
    return { isPaused, isChanged };
  }
}

function chosen(id: string): ChooseMitigation {
  return validatorFor(ChooseMitigation).parse({ id });
}
