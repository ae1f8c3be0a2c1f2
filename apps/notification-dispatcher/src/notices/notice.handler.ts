import { type BeforeApplicationShutdown, Controller, Inject } from '@nestjs/common';
import { type ForgeEvent, Log } from '@sentinel-forge/contracts';
import { OnEvent } from '@sentinel-forge/messaging';
import { noticeKinds } from './notice.templates.js';
import { Notifier } from './notifier.js';
import { RestartWatch } from './restart-watch.js';

const restartGraceMs = 30_000;

/** Makes notices of events: `mitigation.>`, `health.>`, `dead-letter.>` and `notify.requested`. */
@Controller()
export class NoticeHandler implements BeforeApplicationShutdown {
  readonly #restarts = new RestartWatch(restartGraceMs);

  constructor(
    @Inject(Notifier) private readonly notifier: Notifier,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** Resolves when the notices are on disk; only then is the event acknowledged. */
  @OnEvent(...noticeKinds)
  async handle(event: ForgeEvent): Promise<void> {
    const isRestart = await this.#restarts.isRestart(event);
    const { deliveries } = await this.notifier.accept(
      event,
      isRestart ? 'the service was up again soon after' : undefined,
    );
    if (deliveries.length > 0) {
      this.log.debug('notice.taken', { eventId: event.id, notices: deliveries.map(({ id }) => id) });
    }
  }

  beforeApplicationShutdown(): void {
    this.#restarts.end();
  }
}
