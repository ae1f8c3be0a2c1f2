import { AsyncLocalStorage } from 'node:async_hooks';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { steadyNow } from '@sentinel-forge/chassis';
import { consumers, Log, streams } from '@sentinel-forge/contracts';
import { EventPublisher } from '@sentinel-forge/messaging';
import { Channels } from '../channels/channels.js';
import { DispatcherSettings, digestPolicyOf, retryPolicyOf } from '../config.js';
import { defaultBreakerPolicy } from './breaker.service.js';
import { Circuits } from './circuits.js';
import { NoticeMetrics } from './notice.metrics.js';
import { OutboxDispatcher } from './outbox.dispatcher.js';
import { Outbox } from './outbox.js';
import { OutcomeAnnouncer } from './outcome.announcer.js';
import { outcomePublisher } from './outcome.publisher.js';
import type { RetryPolicy } from './schedule.service.js';

const sendTimeoutMs = 30_000;
const upkeepEveryMs = 60_000;
/** While the outbox cannot be written: how often it is looked whether it can again. */
const probeEveryMs = 2_000;
const forgetAtOnce = 500;
/** What is under way at the end has so long; what is cut off then is sent again at the next start. */
const drainBudgetMs = 5_000;
const farewellBudgetMs = 1_000;

const dayMs = 24 * 60 * 60_000;
/** Longer than any stream that is read: an event that comes again is known for as long as it can come. */
const keepMs =
  10 * dayMs +
  Math.max(
    ...consumers.filter(({ app }) => app === 'notification-dispatcher').map(({ stream }) => streams[stream].maxAgeMs),
  );

/** Sends what is in the outbox for as long as the service runs, tells the mesh what became of it, and keeps the outbox small. */
@Injectable()
export class DeliveryRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #dispatcher: OutboxDispatcher;
  readonly #announcer: OutcomeAnnouncer;
  readonly #retry: RetryPolicy;
  // What wakes it is a handler in the trace of one event; what it does then belongs to others.
  readonly #outsideOfTraces = AsyncLocalStorage.snapshot();
  #upkeep: NodeJS.Timeout | undefined;
  #probe: NodeJS.Timeout | undefined;

  constructor(
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(Channels) private readonly channels: Channels,
    @Inject(Circuits) circuits: Circuits,
    @Inject(NoticeMetrics) metrics: NoticeMetrics,
    @Inject(EventPublisher) publisher: EventPublisher,
    @Inject(DispatcherSettings) settings: DispatcherSettings,
    @Inject(Log) private readonly log: Log,
  ) {
    this.#retry = retryPolicyOf(settings);
    this.#announcer = new OutcomeAnnouncer(outbox.history, outcomePublisher(publisher, log));
    this.#dispatcher = new OutboxDispatcher({
      database: outbox.database,
      channels: channels.byName,
      retry: this.#retry,
      breaker: defaultBreakerPolicy,
      digest: digestPolicyOf(settings),
      sendTimeoutMs,
      now: steadyNow,
      random: Math.random,
      onCircuit: (change) => circuits.changed(change, steadyNow()),
      onSettled: (channel, state) => {
        metrics.settled(channel, state);
        this.#announce();
      },
      onError: (error) => log.error('outbox.failed', { error }),
    });
    circuits.resume(this.#dispatcher.openCircuits, steadyNow());
  }

  onApplicationBootstrap(): void {
    this.#dispatcher.start();
    this.#announce();
    this.#upkeep = setInterval(() => this.tick(steadyNow()), upkeepEveryMs);
    this.#probe = setInterval(() => this.#probeAgain(steadyNow()), probeEveryMs);
  }

  /** Something came into the outbox. */
  wake(): void {
    this.#outsideOfTraces(() => this.#dispatcher.wake());
  }

  /** Upkeep, once a minute: forgets what is old, gives up what nobody will ever send, tells what was not told. */
  tick(nowMs: number): void {
    try {
      this.outbox.database.probe(nowMs);
      this.outbox.history.forget(nowMs - keepMs, forgetAtOnce);
      this.outbox.store.abandon([...this.channels.byName.keys()], nowMs - this.#retry.maxAgeMs, nowMs);
    } catch (error) {
      this.log.error('outbox.failed', { error });
    }
    this.#announce();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#upkeep);
    clearInterval(this.#probe);
    await this.#dispatcher.stop(drainBudgetMs);
    const budget = Promise.withResolvers<void>();
    const timer = setTimeout(budget.resolve, farewellBudgetMs);
    // What is not told by then is told at the next start.
    await Promise.race([this.#announcer.flush().catch(() => undefined), budget.promise]);
    clearTimeout(timer);
  }

  #probeAgain(nowMs: number): void {
    if (this.outbox.database.problem === undefined) {
      return;
    }
    try {
      this.outbox.database.probe(nowMs);
      this.log.info('outbox.writable', { msg: 'It can be written again' });
      this.#dispatcher.wake();
    } catch {
      // As before: /ready says so, and why.
    }
  }

  #announce(): void {
    this.#announcer
      .flush()
      .catch((error: unknown) => this.log.warn('notice.outcome-not-told', { error, msg: 'It is told later' }));
  }
}
