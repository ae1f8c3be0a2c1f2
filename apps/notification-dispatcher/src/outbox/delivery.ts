import { type ChannelName, stableHash } from '@sentinel-forge/contracts';
import type { OutboundMessage, Recipient } from '../channels/channel.port.js';

/**
 * Where a delivery stands.
 * - `pending`: it will be tried at its time; `sending`: a try is under way. After a crash the one becomes the other again.
 * - `held`: it waits for a digest, or for the digest it is in.
 * - `delivered`, `failed`: the end. A failed one is a dead letter and can be replayed.
 */
export type DeliveryState = 'pending' | 'sending' | 'held' | 'delivered' | 'failed';

/** A recipient on a channel. */
export interface Addressed extends Recipient {
  readonly channel: ChannelName;
}

/** A delivery whose time has come. */
export interface DueDelivery {
  readonly id: string;
  readonly channel: ChannelName;
  readonly address: string;
  readonly circuit: string;
  /** The tries so far. */
  readonly attempts: number;
  readonly queuedAtMs: number;
  readonly message: OutboundMessage;
}

/** The idempotency id: the same event for the same recipient on the same channel is the same delivery, wherever and however often it is made. */
export function deliveryId(eventId: string, channel: ChannelName, address: string): string {
  return `n-${stableHash(eventId, channel, address)}`;
}
