import { Module } from '@nestjs/common';
import { ChannelsController } from './channels/channels.controller.js';
import { Channels } from './channels/channels.js';
import { NoticeHandler } from './notices/notice.handler.js';
import { NoticesController } from './notices/notices.controller.js';
import { notifierProvider } from './notices/notifier.provider.js';
import { NotifyController } from './notices/notify.controller.js';
import { Circuits } from './outbox/circuits.js';
import { DeliveryRunner } from './outbox/delivery.runner.js';
import { NoticeMetrics } from './outbox/notice.metrics.js';
import { Outbox } from './outbox/outbox.js';
import { Routes } from './routing/routes.js';

/** Wiring, nothing else. */
@Module({
  controllers: [NoticeHandler, NotifyController, NoticesController, ChannelsController],
  providers: [Channels, Routes, Outbox, Circuits, NoticeMetrics, DeliveryRunner, notifierProvider],
})
export class AppModule {}
