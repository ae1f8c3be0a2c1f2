import { Inject, Injectable } from '@nestjs/common';
import { type ChannelName, channelNames } from '@sentinel-forge/contracts';
import { Counter, Gauge, Registry } from 'prom-client';
import { Circuits } from './circuits.js';
import type { Enqueued } from './outbox.intake.js';
import { Outbox } from './outbox.js';

/** What `/metrics` says of notices and channels. */
@Injectable()
export class NoticeMetrics {
  readonly #queued: Counter<'channel'>;
  readonly #settled: Counter<'channel' | 'state'>;

  constructor(
    @Inject(Registry) registry: Registry,
    @Inject(Outbox) outbox: Outbox,
    @Inject(Circuits) circuits: Circuits,
  ) {
    const registers = [registry];
    this.#queued = new Counter({
      name: 'forge_notices_queued_total',
      help: 'Notices that were put into the outbox, one for each recipient',
      labelNames: ['channel'],
      registers,
    });
    this.#settled = new Counter({
      name: 'forge_messages_settled_total',
      help: 'Messages (single notices and digests) that were delivered, or given up',
      labelNames: ['channel', 'state'],
      registers,
    });
    for (const channel of channelNames) {
      for (const state of ['delivered', 'failed']) {
        this.#settled.inc({ channel, state }, 0); // an alarm on an increase needs the 0 before it
      }
    }
    new Gauge({
      name: 'forge_notices_waiting',
      help: 'Notices that are not told yet: pending is tried at its time, held waits for a digest',
      labelNames: ['channel', 'state'],
      registers,
      collect() {
        for (const channel of channelNames) {
          this.set({ channel, state: 'pending' }, 0);
          this.set({ channel, state: 'held' }, 0);
        }
        for (const { channel, state, count } of outbox.history.waiting()) {
          this.set({ channel, state }, count);
        }
      },
    });
    new Gauge({
      name: 'forge_channel_circuits_open',
      help: 'Receivers of a channel that are out of order',
      labelNames: ['channel'],
      registers,
      collect() {
        for (const channel of channelNames) {
          this.set({ channel }, circuits.outOfOrder(channel).length);
        }
      },
    });
  }

  queued(deliveries: readonly Enqueued[]): void {
    for (const { channel, isKnown } of deliveries) {
      this.#queued.inc({ channel }, isKnown ? 0 : 1);
    }
  }

  settled(channel: ChannelName, state: 'delivered' | 'failed'): void {
    this.#settled.inc({ channel, state });
  }
}
