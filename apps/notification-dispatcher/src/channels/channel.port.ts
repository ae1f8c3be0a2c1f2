import type { ChannelName } from '@sentinel-forge/contracts';

/** One setting or argument of a channel. */
export interface ChannelParameter {
  readonly name: string;
  readonly summary: string;
  readonly isRequired: boolean;
  readonly isSecret?: boolean;
  readonly byDefault?: string;
}

/** What a channel says of itself; the reference documentation is made from it. */
export interface ChannelDescription {
  readonly name: ChannelName;
  readonly summary: string;
  /** What `to` means on it. */
  readonly recipient: string;
  readonly parameters: readonly ChannelParameter[];
  /** What it holds itself to, and what it takes for a success, a refusal, or a reason to try again. */
  readonly limits: readonly string[];
  /** A body for `POST /notify`. */
  readonly example: Readonly<Record<string, unknown>>;
}

/** Someone at the other end. */
export interface Recipient {
  /** What is stored and handed to {@link Channel.send}; may be a secret. */
  readonly address: string;
  /** What people may see of it in histories and logs. */
  readonly label: string;
  /** What fails together with it: the SMTP server, the origin of a URL. There is one breaker for each. */
  readonly circuit: string;
}

/** One message for one recipient. Everything in it is the same in every try. */
export interface OutboundMessage {
  /** The idempotency id: a receiver that has seen it has seen the message. */
  readonly id: string;
  readonly kind: 'notice' | 'digest';
  readonly title: string;
  readonly body: string;
  /** 0 (nothing) to 10 (act at once). */
  readonly severity: number;
  /** A digest has many, listed in its data, and so none of its own. */
  readonly traceId?: string;
  readonly occurredAtMs: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What became of one try. */
export type SendOutcome =
  | { readonly kind: 'delivered'; readonly reason: string }
  /** Trying this message again, unchanged, cannot help. */
  | { readonly kind: 'permanent'; readonly reason: string }
  | {
      readonly kind: 'transient';
      readonly reason: string;
      /** Whether the endpoint is to blame (counts for its breaker) or this message only. */
      readonly fault: 'endpoint' | 'message';
      /** The other side asks to wait at least so long. */
      readonly retryAfterMs?: number;
    };

/** A way to reach people. */
export interface Channel {
  readonly description: ChannelDescription;
  /** How many messages may be under way at once. */
  readonly concurrency: number;
  /**
   * Whom `to` means; without it, whom the channel is set up for, which may be nobody. Throws {@link ForgeError}
   * `FORGE_NOTIFY_RECIPIENT` or `FORGE_NOTIFY_EGRESS` for what can never be delivered to.
   */
  recipients(to?: string): readonly Recipient[];
  /** Tries once. Never rejects: a failure is an outcome. Secrets never stand in its reason. */
  send(message: OutboundMessage, address: string, signal: AbortSignal): Promise<SendOutcome>;
  /** Lets go of its connections. */
  close(): Promise<void>;
}
