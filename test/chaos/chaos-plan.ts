import { seededRandom } from '../support/seeded-random.js';

/** What is killed with SIGKILL. */
export const victimsOfChaos = [
  'sentinelcore',
  'supervisor',
  'log-indexer',
  'notification-dispatcher',
  'nats-server',
  'dockerd',
] as const;
/** One of them. */
export type VictimOfChaos = (typeof victimsOfChaos)[number];

/** What an event asks for, and of which container (counted from 0). */
export interface Ask {
  readonly action: 'restart' | 'quarantine';
  readonly container: number;
}

/** One telemetry event. */
export interface PlannedEvent {
  readonly id: string;
  /** After the beginning. */
  readonly atMs: number;
  readonly ask?: Ask;
}

/** One kill: how long after the beginning, and how long until it is started again. */
export interface PlannedKill {
  readonly victim: VictimOfChaos;
  readonly atMs: number;
  readonly downMs: number;
}

/** How much chaos. */
export interface ChaosOptions {
  readonly seed: number;
  readonly events: number;
  readonly perSecond: number;
  /** How many of the events ask for a mitigation. */
  readonly asks: number;
  readonly containers: number;
  /** How often each of {@link victimsOfChaos} is killed. */
  readonly killsEach: number;
}

/** What will be done, and what must have come of it in the end. */
export interface ChaosPlan extends ChaosOptions {
  readonly schedule: readonly PlannedEvent[];
  readonly kills: readonly PlannedKill[];
  /** By container: how often it is restarted. */
  readonly restarts: readonly number[];
  /** By container: whether it is quarantined. Those asked for again join what is in force: one quarantine, one set of calls. */
  readonly quarantined: readonly boolean[];
}

const quietMs = 500;
const longestDownMs = 1_500;

/** Everything that a run does, and what is expected of it, from its seed alone. */
export function planChaos(options: ChaosOptions): ChaosPlan {
  const random = seededRandom(options.seed);
  const whole = (below: number): number => Math.floor(random() * below);
  const asking = new Set<number>();
  while (asking.size < options.asks) {
    asking.add(whole(options.events));
  }
  // A container is for one of the two: a restart of what is in quarantine would be refused or joined, by who comes first.
  const restartable = Math.ceil(options.containers / 2);
  const schedule = Array.from({ length: options.events }, (_, index): PlannedEvent => {
    const event = { id: `chaos-${options.seed}-${index + 1}`, atMs: (index * 1000) / options.perSecond };
    if (!asking.has(index)) {
      return event;
    }
    const container = whole(options.containers);
    return { ...event, ask: { action: container < restartable ? 'restart' : 'quarantine', container } };
  });
  const lastMs = schedule.at(-1)?.atMs ?? 0;
  const kills = victimsOfChaos
    .flatMap((victim) =>
      Array.from({ length: options.killsEach }, (): PlannedKill => {
        return { victim, atMs: quietMs + whole(lastMs), downMs: whole(longestDownMs) };
      }),
    )
    .sort((one, other) => one.atMs - other.atMs);
  const asksOf = (container: number, action: Ask['action']): number =>
    schedule.filter(({ ask }) => ask?.container === container && ask.action === action).length;
  const containers = Array.from({ length: options.containers }, (_, index) => index);
  return {
    ...options,
    schedule,
    kills,
    restarts: containers.map((container) => asksOf(container, 'restart')),
    quarantined: containers.map((container) => asksOf(container, 'quarantine') > 0),
  };
}
