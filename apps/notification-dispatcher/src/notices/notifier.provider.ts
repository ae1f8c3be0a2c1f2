import type { Provider } from '@nestjs/common';
import { Redactor, steadyNow } from '@sentinel-forge/chassis';
import { Channels } from '../channels/channels.js';
import { DispatcherSettings, digestPolicyOf } from '../config.js';
import { DeliveryRunner } from '../outbox/delivery.runner.js';
import { NoticeMetrics } from '../outbox/notice.metrics.js';
import { Outbox } from '../outbox/outbox.js';
import { Routes } from '../routing/routes.js';
import { Notifier } from './notifier.js';

/** The notifier of the service, between what comes in and the outbox. */
export const notifierProvider: Provider<Notifier> = {
  provide: Notifier,
  inject: [Outbox, Channels, Routes, DeliveryRunner, NoticeMetrics, Redactor, DispatcherSettings],
  useFactory: (
    outbox: Outbox,
    channels: Channels,
    routes: Routes,
    delivery: DeliveryRunner,
    metrics: NoticeMetrics,
    redactor: Redactor,
    settings: DispatcherSettings,
  ) =>
    new Notifier({
      database: outbox.database,
      channels: channels.byName,
      router: routes.router,
      digest: digestPolicyOf(settings),
      redact: (value) => redactor.value(value).value,
      now: steadyNow,
      tellSinceMs: () => outbox.tellSinceMs,
      onEnqueued: (deliveries) => {
        metrics.queued(deliveries);
        delivery.wake();
      },
    }),
};
