import { setTimeout as delay } from 'node:timers/promises';
import { ForgeError } from '@sentinel-forge/contracts';
import type { ContainerEvent, ContainerSummary, NetworkEvent } from '@sentinel-forge/docker';
import { Agenda } from '../agenda/agenda.js';
import { AlarmClock } from '../agenda/alarm-clock.js';
import type { EngineListener } from '../engine-watch/engine-watch.js';
import type { Inventory } from '../inventory/inventory.js';
import type { ContainerLanes } from '../lanes/container-lanes.js';
import type { OwnActs } from '../own-acts/own-acts.js';
import type { KeyValueStore } from '../records/key-value-store.port.js';
import { type CarePorts, ContainerCare } from './container-care.js';
import { EngineLosses } from './engine-losses.js';
import { Followers } from './followers.js';
import { GroupBreakers } from './group-breakers.js';
import type { HealingEvents } from './healing.ports.js';
import type { HealingRecord } from './healing.record.js';
import type { HealingPolicy } from './healing-policy.js';
import { Healings } from './healings.js';
import { HealthOutbox } from './health-outbox.js';
import { Lately } from './lately.js';
import { Restarter } from './restarter.js';
import { rearm } from './treatment.service.js';
import { UnknownWishes } from './unknown-wishes.js';
import { WishesHeard } from './wishes-heard.js';

/** What healing needs of the world. */
export interface HealerPorts extends CarePorts {
  readonly store: KeyValueStore<HealingRecord>;
  readonly events: HealingEvents;
  readonly inventory: Inventory;
  /** Shared with the responses: the two never work on one container at the same time. */
  readonly lanes: ContainerLanes;
  readonly ownActs: OwnActs;
}

const troubleRetryMs = 1_000;
/** How long to wait at the start for what is on record: without it, what does not run is not known to be wanted. */
const recordsPatienceMs = 3_000;
/** Every so many polls everything is listed, not only what is unhealthy: a death that was not heard is found then. */
const pollsPerList = 2;
/** Questions that come at once are asked at once. */
const askAfterMs = 1_000;
/** What stands on the agenda beside the ids of containers. */
const duties = { poll: 'poll', save: 'save', ask: 'ask' } as const;

/**
 * Restarts what is unhealthy and starts what died, as docker-autoheal does and further. Whatever is heard only says *which*
 * container to look at, and when; what is done follows from a look at it and from what is on record ({@link ContainerCare}).
 */
export class Healer implements EngineListener {
  readonly #healings: Healings;
  readonly #wishes: WishesHeard;
  readonly #lately: Lately;
  readonly #losses: EngineLosses;
  readonly #breakers: GroupBreakers;
  readonly #unknown: UnknownWishes;
  readonly #care: ContainerCare;
  readonly #agenda = new Agenda();
  readonly #alarm: AlarmClock;
  readonly #looksWaiting = new Set<string>();
  readonly #stopped = new AbortController();
  #startsAtMs = Infinity;
  #polls = 0;
  #isSaveDue = false;

  constructor(
    private readonly ports: HealerPorts,
    private readonly policy: HealingPolicy,
  ) {
    const { store, events, engine, inventory, ownActs, log, now } = ports;
    const look = (containerId: string): void => this.look(containerId);
    const lookLater = (containerId: string): void => this.#lookAgain(containerId, now() + troubleRetryMs);
    const healings = new Healings(store, policy.host, log);
    const wishes = new WishesHeard(now, (id) => ownActs.isOn(id));
    this.#healings = healings;
    this.#wishes = wishes;
    this.#lately = new Lately(now, policy);
    this.#losses = new EngineLosses({ engine, healings, inventory, wishes, now }, policy.deathGraceMs);
    this.#breakers = new GroupBreakers(ports, policy);
    this.#unknown = new UnknownWishes(healings, events, policy.host);
    this.#care = new ContainerCare(
      ports,
      {
        healings,
        wishes,
        lately: this.#lately,
        losses: this.#losses,
        breakers: this.#breakers,
        followers: new Followers({ engine, healings, inventory, now, look }, policy),
        outbox: new HealthOutbox(healings, events, log, lookLater),
        restarter: new Restarter(ports, policy),
      },
      policy,
    );
    this.#alarm = new AlarmClock(now, () => this.tick());
  }

  /** Reads what is on record, if the store answers, and begins when the start period is over. */
  async start(): Promise<void> {
    const { log, now } = this.ports;
    const patience = new AbortController();
    const read = this.#healings
      .follow(this.#stopped.signal)
      .catch((error: unknown) => log.warn('healing.records-not-read', { error }));
    const isOver = delay(recordsPatienceMs, undefined, { signal: patience.signal, ref: false }).catch(() => undefined);
    await Promise.race([read, isOver]);
    patience.abort();
    this.#startsAtMs = now() + this.policy.startPeriodMs;
    this.#agenda.set(duties.poll, this.#startsAtMs);
    await this.#resync();
    this.tick();
  }

  /** Begins nothing new, and waits for what is being done. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#alarm.stop();
    await this.ports.lanes.idle();
  }

  /** What is known of every container. */
  list(): readonly HealingRecord[] {
    return this.#healings.all();
  }

  /** Lets a container be tried again that was given up. By name or id. Throws `FORGE_HEALING_UNKNOWN`. */
  async rearm(container: string): Promise<HealingRecord> {
    const isMeant = ({ id, name }: HealingRecord): boolean =>
      name === container || (container.length >= 4 && id.startsWith(container));
    const record = this.#healings.all().find(isMeant);
    if (record === undefined) {
      throw new ForgeError(
        'FORGE_HEALING_UNKNOWN',
        `The healer knows no container ${container} on ${this.policy.host}`,
      );
    }
    const next = await this.ports.lanes.run(record.id, () => this.#healings.change(record, rearm));
    this.look(record.id);
    return next;
  }

  onEvent(event: ContainerEvent | NetworkEvent): void {
    if (event.kind === 'network') {
      return;
    }
    const { action, containerId } = event;
    this.#wishes.hear(event);
    this.#lately.hear(event);
    this.#breakers.hear(event);
    switch (action) {
      case 'start':
        this.ports.ownActs.hearStart(containerId);
        this.#losses.forget(containerId);
        this.look(containerId);
        return;
      case 'die':
      case 'stop':
      case 'unpause':
      case 'health_status':
      case 'destroy':
        this.look(containerId);
        return;
      default:
        return;
    }
  }

  onAway(): void {
    void this.#losses.noteAway();
  }

  onResync(): void {
    void this.#resync();
  }

  /** Looks at a container in its lane. However often that is said meanwhile, it looks once. */
  look(containerId: string): void {
    const known = this.ports.inventory.get(containerId);
    const isForeign = known !== undefined && !this.#care.isConcerned(known);
    if (isForeign || this.#looksWaiting.has(containerId) || this.#stopped.signal.aborted) {
      return;
    }
    if (this.#startsAtMs > this.ports.now()) {
      this.#lookAgain(containerId, this.#startsAtMs);
      return;
    }
    this.#looksWaiting.add(containerId);
    void this.ports.lanes.run(containerId, async () => {
      this.#looksWaiting.delete(containerId);
      if (!this.#stopped.signal.aborted) {
        await this.#look(containerId);
      }
    });
  }

  /** Does what is due by now. The clock calls it; a test may. */
  tick(): void {
    if (this.#stopped.signal.aborted) {
      return;
    }
    for (const key of this.#agenda.takeDue(this.ports.now())) {
      switch (key) {
        case duties.poll:
          void this.#poll();
          break;
        case duties.save:
          void this.#saveLater();
          break;
        case duties.ask:
          void this.#unknown.ask().catch(() => this.#lookAgain(duties.ask, this.ports.now() + troubleRetryMs));
          break;
        default:
          this.look(key);
      }
    }
    this.#alarm.set(this.#agenda.nextAtMs);
  }

  async #look(containerId: string): Promise<void> {
    const { now, random, log } = this.ports;
    try {
      const { againAtMs, unknown } = await this.#care.look(containerId);
      if (againAtMs !== undefined) {
        this.#lookAgain(containerId, againAtMs);
      }
      if (unknown !== undefined && this.#unknown.add(unknown)) {
        this.#lookAgain(duties.ask, now() + askAfterMs);
      }
      if (this.#healings.isStoreAway && !this.#isSaveDue) {
        this.#isSaveDue = true;
        this.#lookAgain(duties.save, now() + troubleRetryMs);
      }
    } catch (error) {
      log.warn('healing.trouble', { container: containerId, error });
      this.#lookAgain(containerId, now() + troubleRetryMs * (1 + random()));
    }
  }

  /** After the engine, or this service, was away: what died meanwhile, and did the engine take it with it? */
  async #resync(): Promise<void> {
    const { inventory, log } = this.ports;
    const concerned = [...inventory.all()].filter((container) => this.#care.isConcerned(container));
    try {
      await this.#losses.suspect(concerned);
    } catch (error) {
      log.warn('healing.resync-failed', { error });
    }
    for (const { id } of concerned) {
      this.look(id);
    }
  }

  /** What was not heard is found here. */
  async #poll(): Promise<void> {
    const { engine, now, log } = this.ports;
    try {
      this.#polls += 1;
      for (const id of await engine.listUnhealthy()) {
        this.look(id);
      }
      if (this.#polls % pollsPerList === 0) {
        this.#lookAtLost(await engine.list());
      }
    } catch (error) {
      log.debug('healing.poll-failed', { error });
    }
    this.#lookAgain(duties.poll, now() + this.policy.intervalMs);
  }

  /** Deaths and removals of which nothing was heard. */
  #lookAtLost(containers: readonly ContainerSummary[]): void {
    const states = new Map(containers.map(({ id, state }) => [id, state]));
    for (const { id, wish } of this.#healings.all()) {
      if (!states.has(id) || (states.get(id) === 'exited' && wish === 'running')) {
        this.look(id);
      }
    }
  }

  /** What the store did not take is written when it answers again. */
  async #saveLater(): Promise<void> {
    this.#isSaveDue = !(await this.#healings.saveAll());
    if (this.#isSaveDue) {
      this.#lookAgain(duties.save, this.ports.now() + troubleRetryMs);
    }
  }

  #lookAgain(key: string, atMs: number): void {
    if (!this.#stopped.signal.aborted) {
      this.#agenda.set(key, atMs);
      this.#alarm.set(this.#agenda.nextAtMs);
    }
  }
}
