import type { AppName } from '../apps.js';
import { type StreamName, streamNames } from './streams.js';

/** How one app reads one stream. */
export interface ConsumerDefinition {
  readonly app: AppName;
  readonly stream: StreamName;
  /** The durable name. With `{host}` in it there is one for each Docker host: a request must never reach the wrong engine. */
  readonly name: string;
  readonly filters: readonly string[];
  /**
   * `each`: explicit acknowledgement of every message, several in flight. `batch`: an array is handled and acknowledged at
   * once (AckAll), by one reader that resets the consumer to its ack floor when it starts.
   */
  readonly mode: 'each' | 'batch';
  /** How long the server waits for an acknowledgement (or a `working`) before it delivers again. */
  readonly ackWaitMs: number;
  readonly maxAckPending: number;
}

const each = { mode: 'each', ackWaitMs: 10_000, maxAckPending: 512 } as const;
const batch = { mode: 'batch', ackWaitMs: 60_000, maxAckPending: 20_000 } as const;

/** Every durable consumer. */
export const consumers: readonly ConsumerDefinition[] = [
  { app: 'sentinelcore', stream: 'DEFEND', name: 'sentinelcore', filters: ['defend.>'], ...batch },
  {
    app: 'supervisor',
    stream: 'MITIGATION',
    name: 'supervisor-{host}',
    filters: ['mitigation.*.requested.{host}'],
    ...each,
  },
  {
    app: 'notification-dispatcher',
    stream: 'MITIGATION',
    name: 'notification-dispatcher',
    filters: ['mitigation.>'],
    ...each,
  },
  { app: 'notification-dispatcher', stream: 'HEALTH', name: 'notification-dispatcher', filters: ['health.>'], ...each },
  {
    app: 'notification-dispatcher',
    stream: 'NOTIFY',
    name: 'notification-dispatcher',
    filters: ['notify.requested'],
    ...each,
  },
  {
    app: 'notification-dispatcher',
    stream: 'DEAD_LETTER',
    name: 'notification-dispatcher',
    filters: ['dead-letter.>'],
    ...each,
  },
  ...streamNames.map(
    (stream): ConsumerDefinition => ({
      app: 'log-indexer',
      stream,
      name: 'log-indexer',
      filters: [],
      ...batch,
    }),
  ),
];

/** The consumers of one app on one host, names and filters filled in. */
export function consumersOf(app: AppName, host: string): readonly ConsumerDefinition[] {
  return consumers.filter((consumer) => consumer.app === app).map((consumer) => forHost(consumer, host));
}

/** One consumer with `{host}` filled in. */
export function forHost(consumer: ConsumerDefinition, host: string): ConsumerDefinition {
  const fill = (text: string): string => text.replaceAll('{host}', host);
  return { ...consumer, name: fill(consumer.name), filters: consumer.filters.map(fill) };
}
