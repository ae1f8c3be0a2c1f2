import type { ChannelName } from '@sentinel-forge/contracts';

/** Something that people should know. */
export interface Notice {
  /** The event that it comes from: one event, one notice. */
  readonly eventId: string;
  /** The subject of that event. */
  readonly subject: string;
  readonly title: string;
  readonly body: string;
  /** 0 (nothing) to 10 (act at once). */
  readonly severity: number;
  readonly traceId: string;
  readonly occurredAtMs: number;
  /** For programs; redacted. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Notices with the same key say the same: within a window they are told once, with their count. */
  readonly dedupKey: string;
}

/** Where a notice should go: a channel, and whom on it; without `to`, whom the channel is set up for. */
export interface Target {
  readonly channel: ChannelName;
  readonly to?: string;
}
