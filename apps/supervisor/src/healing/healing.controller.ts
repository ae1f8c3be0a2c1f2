import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { Actor, RequireScope, ValidBody } from '@sentinel-forge/chassis';
import { Log, type Nothing, RearmContainer, requests } from '@sentinel-forge/contracts';
import { OnRequest, type RequestContext } from '@sentinel-forge/messaging';
import { Healer } from './healer.js';
import { byUrgency, type HealingView, viewOf } from './healing.view.js';

/** Shows what the healer knows, and lets it try again what it gave up; over HTTP and over `forge.rpc`. */
@Controller()
export class HealingController {
  constructor(
    @Inject(Healer) private readonly healer: Healer,
    @Inject(Log) private readonly log: Log,
  ) {}

  @Get('healing')
  @RequireScope('mitigation:read')
  list(): { readonly containers: readonly HealingView[] } {
    return { containers: this.healer.list().map(viewOf).sort(byUrgency) };
  }

  @Post('healing/rearm')
  @HttpCode(200)
  @RequireScope('mitigation:write')
  rearm(@ValidBody(RearmContainer) { container }: RearmContainer, @Actor() actor: string): Promise<HealingView> {
    return this.#rearm(container, actor);
  }

  @OnRequest(requests.listHealing)
  async answerList(_body: Nothing): Promise<object> {
    return this.list();
  }

  @OnRequest(requests.rearmContainer)
  answerRearm({ container }: RearmContainer, context: RequestContext): Promise<HealingView> {
    return this.#rearm(container, context.actor);
  }

  async #rearm(container: string, actor: string): Promise<HealingView> {
    const view = viewOf(await this.healer.rearm(container));
    this.log.info('healing.rearmed', { container: view.name, actor });
    return view;
  }
}
