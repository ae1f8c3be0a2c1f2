import { Controller, Inject } from '@nestjs/common';
import { events, type ForgeEvent, formatTraceparent, type MitigationRequested } from '@sentinel-forge/contracts';
import { OnEvent, traceAfter } from '@sentinel-forge/messaging';
import { Supervision } from '../supervision/supervision.js';
import { Responses } from './responses.js';

/** Takes in what is asked of this host: `mitigation.<app>.requested.<host>`. */
@Controller()
export class MitigationHandler {
  constructor(
    @Inject(Responses) private readonly responses: Responses,
    @Inject(Supervision) private readonly supervision: Supervision,
  ) {}

  @OnEvent(events.mitigationRequested)
  async accept(event: ForgeEvent<MitigationRequested>): Promise<void> {
    await this.supervision.whenRecordsAreRead;
    const origin = { sender: event.params.app ?? '', traceparent: formatTraceparent(traceAfter(event)) };
    await this.responses.accept(event.data, origin);
  }
}
