import {
  type ChannelName,
  events,
  ForgeError,
  type ForgeEvent,
  messageOf,
  type NotifyRequested,
} from '@sentinel-forge/contracts';
import type { Channel } from '../channels/channel.port.js';
import type { DigestPolicy } from '../digest/admission.service.js';
import type { Addressed } from '../outbox/delivery.js';
import type { OutboxDatabase } from '../outbox/outbox.database.js';
import { type Enqueued, enqueue, type Outgoing } from '../outbox/outbox.intake.js';
import type { Router } from '../routing/routing.service.js';
import type { Target } from './notice.js';
import { noticeFor } from './notice.templates.js';

/** Takes secrets out of a value, at any depth. */
export type Redact = (value: unknown) => unknown;

/** What a notifier works with. */
export interface NotifierOptions {
  readonly database: OutboxDatabase;
  readonly channels: ReadonlyMap<ChannelName, Channel>;
  readonly router: Router;
  readonly digest: DigestPolicy;
  readonly redact: Redact;
  readonly now: () => number;
  /** What was stored before this is history: it is written down, and nobody is told. Milliseconds since 1970. */
  readonly tellSinceMs?: () => number;
  /** Something was put into the outbox. */
  readonly onEnqueued?: (deliveries: readonly Enqueued[]) => void;
}

/** What became of an event. */
export interface Accepted {
  readonly eventId: string;
  /** Empty where nobody is to hear of it. */
  readonly deliveries: readonly Enqueued[];
}

interface Waiting {
  readonly outgoing: Outgoing;
  readonly resolve: (accepted: Accepted) => void;
  readonly reject: (error: unknown) => void;
}

/** Takes events in and puts notices of them into the outbox. */
export class Notifier {
  readonly #options: NotifierOptions;
  #waiting: Waiting[] = [];

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the notices of an event are on disk: only then may the event be acknowledged. The same event again changes
   * nothing. What comes in together is written together. Rejects with `FORGE_NOTIFY_*` when a request names a channel or a
   * recipient that cannot be used. With a reason for it (`untold`) the notice is written down, and nobody is told.
   */
  async accept(event: ForgeEvent, untold?: string): Promise<Accepted> {
    const { redact, router, tellSinceMs = always } = this.#options;
    // An event derives its trace when asked: a spread alone would lose it.
    const redacted = { ...event, trace: event.trace, data: redact(event.data) as object };
    const notice = noticeFor(redacted);
    const isHistory = event.storedAtMs < tellSinceMs();
    const whyNobody = isHistory ? 'it is older than this outbox' : untold;
    const explicit = isHistory ? undefined : this.#explicitTarget(event);
    const targets = explicit === undefined ? router(redacted, notice).targets : [explicit];
    if (targets.length === 0) {
      return { eventId: event.id, deliveries: [] };
    }
    const outgoing: Outgoing =
      whyNobody === undefined
        ? { notice, recipients: targets.flatMap((target) => this.#recipients(target)), untold: nobodySetUp }
        : { notice, recipients: [], untold: whyNobody };
    return new Promise((resolve, reject) => {
      this.#waiting.push({ outgoing, resolve, reject });
      if (this.#waiting.length === 1) {
        setImmediate(() => this.#write());
      }
    });
  }

  /**
   * Whether a request can be delivered, before it is accepted: throws what {@link accept} would reject with, and names the
   * field that is to blame.
   */
  check(request: NotifyRequested): void {
    const target = explicitTarget(request);
    if (target === undefined) {
      return;
    }
    if (!this.#options.channels.has(target.channel)) {
      throw blaming('channel', new ForgeError('FORGE_NOTIFY_CHANNEL', `the channel ${target.channel} is not set up`));
    }
    if (this.#recipientsAsked(target).length === 0) {
      const reason = `the channel ${target.channel} has no recipient of its own, so that one must be given`;
      throw blaming('to', new ForgeError('FORGE_NOTIFY_RECIPIENT', reason));
    }
  }

  #write(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const { database, digest, now, onEnqueued } = this.#options;
    try {
      const results = enqueue(
        database,
        waiting.map(({ outgoing }) => outgoing),
        digest,
        now(),
      );
      for (const [index, { outgoing, resolve }] of waiting.entries()) {
        resolve({ eventId: outgoing.notice.eventId, deliveries: results[index] ?? [] });
      }
      onEnqueued?.(results.flat());
    } catch (cause) {
      // The outbox's trouble and not the events': they wait for as long as it lasts.
      const error = new ForgeError('FORGE_NOTIFY_OUTBOX', `the outbox cannot be written: ${messageOf(cause)}`, {
        cause,
      });
      for (const { reject } of waiting) {
        reject(error);
      }
    }
  }

  /** Where a request says itself where it is to go, the routes are not asked. */
  #explicitTarget(event: ForgeEvent): Target | undefined {
    if (event.definition !== events.notifyRequested) {
      return undefined;
    }
    const request = event.data as NotifyRequested;
    this.check(request);
    return explicitTarget(request);
  }

  #recipientsAsked(target: Target): readonly Addressed[] {
    try {
      return this.#recipients(target);
    } catch (error) {
      throw error instanceof ForgeError ? blaming('to', error) : error;
    }
  }

  #recipients({ channel, to }: Target): readonly Addressed[] {
    const known = this.#options.channels.get(channel);
    return known === undefined ? [] : known.recipients(to).map((recipient) => ({ ...recipient, channel }));
  }
}

const always = (): number => 0;
const nobodySetUp = 'no channel that should tell it is set up';

/** Names the field, in the way a broken contract does. */
function blaming(field: keyof NotifyRequested, error: ForgeError): ForgeError {
  const reason = messageOf(error);
  const details = { problems: [{ path: field, reason }] };
  return new ForgeError(error.code, `${field}: ${reason}`, { cause: error, details });
}

/** `to` without `channel` says which by what it looks like. */
function explicitTarget({ channel, to }: NotifyRequested): Target | undefined {
  const named = channel ?? (to === undefined ? undefined : /^https?:/i.test(to) ? 'webhook' : 'email');
  return named === undefined ? undefined : { channel: named, ...(to === undefined ? {} : { to }) };
}
