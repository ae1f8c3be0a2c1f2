import { containerStates } from '@sentinel-forge/contracts';
import type { ContainerEvent, NetworkEvent } from '@sentinel-forge/docker';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { Now } from '../agenda/alarm-clock.js';
import type { EngineListener } from '../engine-watch/engine-watch.js';
import type { HealingEngine, HealingEvents } from './healing.ports.js';

/** An unhealthy container that is restarted later than this was not restarted because of what was heard then. */
const reactionLimitMs = 10_000;

/** Counts what the healer does, from outside of it: what goes through its ports. */
export class HealingMetrics implements EngineListener {
  readonly #restarts: Counter<'how' | 'outcome'>;
  readonly #told: Counter<'state'>;
  readonly #reaction: Histogram;
  /** When a container was heard to be unhealthy, until it is restarted or heard to be well. */
  readonly #heardMs = new Map<string, number>();

  constructor(
    registry: Registry,
    private readonly now: Now,
  ) {
    this.#restarts = new Counter({
      name: 'forge_healing_restarts_total',
      help: 'Restarts of what was unhealthy, and starts of what had died, by what the engine made of them',
      labelNames: ['how', 'outcome'],
      registers: [registry],
    });
    this.#told = new Counter({
      name: 'forge_healing_told_total',
      help: 'What was told of containers: unhealthy, restarted, healthy, gave-up',
      labelNames: ['state'],
      registers: [registry],
    });
    for (const state of containerStates) {
      this.#told.inc({ state }, 0); // an alarm on an increase needs the 0 before it
    }
    this.#reaction = new Histogram({
      name: 'forge_healing_reaction_seconds',
      help: 'From hearing that a container is unhealthy until its restart is asked of the engine; rests between restarts count',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    });
  }

  onEvent(event: ContainerEvent | NetworkEvent): void {
    if (event.kind === 'network') {
      return;
    }
    if (event.action === 'health_status' && event.health === 'unhealthy') {
      this.#heardMs.set(event.containerId, this.now());
    } else if (event.action === 'health_status' || event.action === 'die' || event.action === 'destroy') {
      this.#heardMs.delete(event.containerId);
    }
  }

  /** The same engine, counted. */
  countCalls(engine: HealingEngine): HealingEngine {
    return {
      inspect: (id) => engine.inspect(id),
      list: () => engine.list(),
      listUnhealthy: () => engine.listUnhealthy(),
      readEvidence: (id, tailLines, parts) => engine.readEvidence(id, tailLines, parts),
      perform: async (call) => {
        this.#noteReaction(call.id);
        try {
          await engine.perform(call);
          this.#restarts.inc({ how: call.call, outcome: 'done' });
        } catch (error) {
          this.#restarts.inc({ how: call.call, outcome: 'failed' });
          throw error;
        }
      },
    };
  }

  /** The same way out, counted. */
  countTold(events: HealingEvents): HealingEvents {
    return {
      publish: async (event) => {
        await events.publish(event);
        this.#told.inc({ state: event.state });
      },
      publishSelf: (id, event) => events.publishSelf(id, event),
    };
  }

  #noteReaction(containerId: string): void {
    const heardMs = this.#heardMs.get(containerId);
    this.#heardMs.delete(containerId);
    if (heardMs !== undefined && this.now() - heardMs < reactionLimitMs) {
      this.#reaction.observe((this.now() - heardMs) / 1000);
    }
  }
}
