import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChannelName } from '@sentinel-forge/contracts';
import fc from 'fast-check';
import type { Channel, OutboundMessage, SendOutcome } from '../channels/channel.port.js';
import type { Notice } from '../notices/notice.js';
import { defaultBreakerPolicy } from '../outbox/breaker.service.js';
import { OutboxDatabase } from '../outbox/outbox.database.js';
import { OutboxDispatcher } from '../outbox/outbox.dispatcher.js';
import { OutboxHistory } from '../outbox/outbox.history.js';
import { enqueue } from '../outbox/outbox.intake.js';
import { defaultRetryPolicy } from '../outbox/schedule.service.js';
import type { DigestPolicy } from './admission.service.js';

const policy: DigestPolicy = {
  cap: 4,
  urgentReserve: 1,
  urgentSeverity: 8,
  windowMs: 60_000,
  digestAfterMs: 30_000,
  repeatWindowMs: 300_000,
};

/** A receiver that fails as the script says, and otherwise keeps what it got, by idempotency id. */
class ScriptedChannel implements Channel {
  readonly description = {
    name: 'email',
    summary: '',
    recipient: '',
    parameters: [],
    limits: [],
    example: {},
  } as const;
  readonly concurrency = 3;
  readonly received = new Map<string, OutboundMessage>();
  script: SendOutcome['kind'][] = [];

  recipients(): readonly { address: string; label: string; circuit: string }[] {
    return [{ address: 'a', label: 'a', circuit: 'email' }];
  }

  async send(message: OutboundMessage): Promise<SendOutcome> {
    const kind = this.script.shift() ?? 'delivered';
    if (kind === 'transient') {
      return { kind, fault: 'endpoint', reason: 'scripted' };
    }
    this.received.set(message.id, message);
    return { kind: 'delivered', reason: 'scripted' };
  }

  async close(): Promise<void> {
    this.received.clear();
  }
}

type Step =
  | { readonly do: 'enqueue'; readonly severities: readonly number[]; readonly key: string }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'work' }
  | { readonly do: 'fail'; readonly times: number }
  | { readonly do: 'crash' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('enqueue' as const),
      severities: fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 1, maxLength: 12 }),
      key: fc.constantFrom('', 'same'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 400_000 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('work' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), times: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
);

/** One run of the story on a real file. `crash` drops the dispatcher between its tries and their outcomes. */
class Story {
  readonly channel = new ScriptedChannel();
  readonly #file: string;
  readonly #seed: () => number;
  nowMs = 1_000_000;
  enqueued = 0;
  database: OutboxDatabase;
  #dispatcher: OutboxDispatcher;

  constructor(file: string, random: () => number) {
    this.#file = file;
    this.#seed = random;
    this.database = new OutboxDatabase(file);
    this.#dispatcher = this.#newDispatcher();
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'enqueue':
        return this.#enqueue(step.severities, step.key);
      case 'wait':
        this.nowMs += step.ms;
        return;
      case 'work':
        this.#dispatcher.tick();
        return this.#dispatcher.idle();
      case 'fail':
        this.channel.script = Array.from({ length: step.times }, () => 'transient' as const);
        return;
      case 'crash':
        return this.#crash();
    }
  }

  /** Lets everything come to its end. */
  async settle(): Promise<void> {
    this.channel.script = [];
    const history = new OutboxHistory(this.database);
    for (let round = 0; round < 200; round += 1) {
      const { pending, sending, held } = history.counts();
      if (pending + sending + held === 0) {
        return;
      }
      this.nowMs += 30_000;
      await this.take({ do: 'work' });
    }
    throw new Error(`unsettled: ${JSON.stringify(history.counts())}`);
  }

  #enqueue(severities: readonly number[], key: string): void {
    const batch = severities.map((severity) => {
      this.enqueued += 1;
      const eventId = `event-${this.enqueued}`;
      return { notice: noticeOf(eventId, severity, key || eventId, this.nowMs), recipients: [recipient] };
    });
    enqueue(this.database, batch, policy, this.nowMs);
    // The stream delivers an event again whose acknowledgement was lost.
    enqueue(this.database, batch.slice(0, 1), policy, this.nowMs);
  }

  async #crash(): Promise<void> {
    this.#dispatcher.tick();
    this.database.close(); // the outcomes of what is under way can no longer be written down
    await this.#dispatcher.idle();
    this.database = new OutboxDatabase(this.#file);
    this.#dispatcher = this.#newDispatcher();
  }

  #newDispatcher(): OutboxDispatcher {
    return new OutboxDispatcher({
      database: this.database,
      channels: new Map<ChannelName, Channel>([['email', this.channel]]),
      retry: defaultRetryPolicy,
      breaker: defaultBreakerPolicy,
      digest: policy,
      sendTimeoutMs: 5000,
      now: () => this.nowMs,
      random: this.#seed,
    });
  }
}

const recipient = { channel: 'email', address: 'a', label: 'a', circuit: 'email' } as const;

function noticeOf(eventId: string, severity: number, dedupKey: string, occurredAtMs: number): Notice {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  return { eventId, subject: 's', title: dedupKey, body: '', severity, traceId, occurredAtMs, data: {}, dedupKey };
}

describe('digest conservation', () => {
  it('delivers every notice exactly once, alone or in exactly one digest, through failures and crashes', async () => {
    let run = 0;
    const folder = mkdtempSync(join(tmpdir(), 'outbox-'));
    const chance = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), chance, async (steps, chances) => {
        run += 1;
        const story = new Story(join(folder, `${run}.sqlite`), () => chances.next().value);
        for (const one of steps) {
          await story.take(one);
        }
        await story.settle();

        const entries = new OutboxHistory(story.database).list({ limit: 10_000 }).entries;
        const notices = entries.filter(({ kind }) => kind === 'notice');
        const digests = entries.filter(({ kind }) => kind === 'digest');
        story.database.close();
        expect(notices).toHaveLength(story.enqueued);
        expect(entries.every(({ state }) => state === 'delivered')).toBe(true);
        // What arrived is exactly the notices that went alone, and the digests …
        const carriers = new Set(entries.filter(({ digestId }) => digestId === undefined).map(({ id }) => id));
        expect(new Set(story.channel.received.keys())).toEqual(carriers);
        // … and each digest says how many it stands for.
        for (const digest of digests) {
          const inside = notices.filter(({ digestId }) => digestId === digest.id).length;
          expect(inside).toBeGreaterThan(1);
          expect(story.channel.received.get(digest.id)?.data).toMatchObject({ count: inside });
        }
      }),
      { numRuns: 60 },
    );
    rmSync(folder, { recursive: true });
  }, 120_000);
});
