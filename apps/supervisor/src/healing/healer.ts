import { setTimeout as delay } from 'node:timers/promises';
import { ForgeError, type Log, messageOf, stableHash } from '@sentinel-forge/contracts';
import {
  type ContainerEvent,
  type ContainerSnapshot,
  type ContainerSummary,
  isGone,
  type NetworkEvent,
} from '@sentinel-forge/docker';
import { Agenda } from '../agenda/agenda.js';
import { AlarmClock, type Now } from '../agenda/alarm-clock.js';
import type { EngineListener } from '../engine-watch/engine-watch.js';
import type { Inventory } from '../inventory/inventory.js';
import type { ContainerLanes } from '../lanes/container-lanes.js';
import type { OwnActs } from '../own-acts/own-acts.js';
import type { KeyValueStore } from '../records/key-value-store.port.js';
import type { EvidenceStore } from '../response/evidence/evidence.port.js';
import { type Redact, redactEvidence } from '../response/evidence/redact-evidence.js';
import type { Lease } from '../response/mitigation.record.js';
import { decideToFollow, dependantsOf, dependenciesOf } from './dependants.service.js';
import { type Diagnosis, diagnose } from './diagnosis.service.js';
import { GroupBreakers } from './group-breakers.js';
import type { HealingEngine, HealingEvents } from './healing.ports.js';
import type { HealingRecord, RestartIntent } from './healing.record.js';
import { without } from './healing.saying.js';
import type { HealingPolicy } from './healing-policy.js';
import { isHealed, isOptedOut, stopTimeoutOf } from './healing-scope.service.js';
import { Healings } from './healings.js';
import { lastLinesOf } from './last-lines.js';
import { intendToFollow, noteFailure, rearm, type Treatment, type TreatmentFacts, treat } from './treatment.service.js';
import { wishSeen } from './wish.service.js';
import { WishesHeard } from './wishes-heard.js';

/** What healing needs of the world. */
export interface HealerPorts {
  readonly store: KeyValueStore<HealingRecord>;
  readonly engine: HealingEngine;
  readonly events: HealingEvents;
  readonly evidence: EvidenceStore;
  readonly inventory: Inventory;
  /** Shared with the responses: the two never work on one container at the same time. */
  readonly lanes: ContainerLanes;
  readonly ownActs: OwnActs;
  /** Whether a mitigation holds the container. */
  readonly isHeld: (containerId: string) => boolean;
  readonly redact: Redact;
  readonly log: Log;
  readonly now: Now;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** Two processes that can run at the same time differ in it; one that was restarted keeps it. */
  readonly instance: string;
}

const troubleRetryMs = 1_000;
/** How long to wait at the start for what is on record: without it, what does not run is not known to be wanted. */
const recordsPatienceMs = 3_000;
/** Every so many polls everything is listed, not only what is unhealthy: a death that was not heard is found then. */
const pollsPerList = 6;
const saveKey = 'save';
const evidenceTailLines = 200;
const toldLogLines = 5;
const mostDependants = 256;
const pollKey = 'poll';
const unknownKey = 'unknown';
/** Questions that come at once are asked at once. */
const askAfterMs = 1_000;
const unknownReason = 'it does not run, and nobody knows whether it should';
/** With the stop timeout on top, longer than a restart can take. */
const baseLeaseMs = 60_000;

/**
 * Restarts what is unhealthy and starts what died, as docker-autoheal does and further. Whatever is heard only says *which*
 * container to look at; what is done follows from a look at it and from what is on record.
 */
export class Healer implements EngineListener {
  readonly #healings: Healings;
  readonly #breakers: GroupBreakers;
  readonly #agenda = new Agenda();
  readonly #alarm: AlarmClock;
  readonly #looksWaiting = new Set<string>();
  readonly #wishes: WishesHeard;
  readonly #diedAtMs = new Map<string, number>();
  readonly #saying = new Set<string>();
  readonly #lastLogs = new Map<string, string>();
  readonly #unknown = new Map<string, string>();
  readonly #stopped = new AbortController();
  #endedWithEngine: ReadonlySet<string> = new Set();
  #startsAtMs = Infinity;
  #polls = 0;

  constructor(
    private readonly ports: HealerPorts,
    private readonly policy: HealingPolicy,
  ) {
    this.#healings = new Healings(ports.store, policy.host, ports.log);
    this.#wishes = new WishesHeard(ports.now, (id) => ports.ownActs.isOn(id));
    this.#breakers = new GroupBreakers(ports, policy);
    this.#alarm = new AlarmClock(ports.now, () => this.tick());
  }

  /** Reads what is on record, if the store answers, and begins when the start period is over. */
  async start(): Promise<void> {
    const read = this.#healings.follow(this.#stopped.signal);
    read.catch((error: unknown) => this.ports.log.warn('healing.records-not-read', { error }));
    const patience = new AbortController();
    await Promise.race([
      read.catch(() => undefined),
      delay(recordsPatienceMs, undefined, { signal: patience.signal, ref: false }).catch(() => undefined),
    ]);
    patience.abort();
    this.#startsAtMs = this.ports.now() + this.policy.startPeriodMs;
    this.#agenda.set(pollKey, this.#startsAtMs);
    await this.#resync().catch((error: unknown) => this.ports.log.warn('healing.resync-failed', { error }));
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
    const record = this.#healings
      .all()
      .find(({ id, name }) => name === container || (container.length >= 4 && id.startsWith(container)));
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
    this.#breakers.hear(event);
    switch (action) {
      case 'die':
        this.#diedAtMs.set(containerId, this.ports.now());
        this.look(containerId);
        return;
      case 'start':
        this.ports.ownActs.hearStart(containerId);
        this.#diedAtMs.delete(containerId);
        this.look(containerId);
        return;
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

  /** What an engine that shuts down did to its containers, nobody wished. */
  onAway(): void {
    const isAnyRunning = [...this.ports.inventory.all()].some(({ state }) => state === 'running');
    for (const containerId of this.#wishes.takeBackShutdown(isAnyRunning)) {
      const record = this.#healings.get(containerId);
      if (record !== undefined) {
        void this.#healings.change(record, (current) => ({ ...current, wish: 'running' }));
      }
    }
  }

  onResync(): void {
    void this.#resync().catch((error: unknown) => this.ports.log.warn('healing.resync-failed', { error }));
  }

  /** Looks at a container in its lane. However often that is said meanwhile, it looks once. */
  look(containerId: string): void {
    const known = this.ports.inventory.get(containerId);
    const isForeign = known !== undefined && !this.#isConcerned(known);
    if (isForeign || this.#looksWaiting.has(containerId) || this.#stopped.signal.aborted) {
      return;
    }
    this.#looksWaiting.add(containerId);
    void this.ports.lanes.run(containerId, async () => {
      this.#looksWaiting.delete(containerId);
      if (this.#stopped.signal.aborted) {
        return;
      }
      try {
        await this.#look(containerId);
      } catch (error) {
        this.ports.log.warn('healing.trouble', { container: containerId, error });
        this.#lookAgain(containerId, this.ports.now() + troubleRetryMs * (1 + this.ports.random()));
      }
    });
  }

  /** Does what is due by now. The clock calls it; a test may. */
  tick(): void {
    if (this.#stopped.signal.aborted) {
      return;
    }
    for (const key of this.#agenda.takeDue(this.ports.now())) {
      if (key === pollKey) {
        void this.#poll();
      } else if (key === saveKey) {
        void this.#saveLater();
      } else if (key === unknownKey) {
        void this.#askAboutUnknown().catch(() => this.#agenda.set(unknownKey, this.ports.now() + troubleRetryMs));
      } else {
        this.look(key);
      }
    }
    this.#alarm.set(this.#agenda.nextAtMs);
  }

  async #look(containerId: string): Promise<void> {
    const { engine, now } = this.ports;
    for (;;) {
      const waitsUntilMs = this.#waitsUntilMs(containerId);
      if (waitsUntilMs > now()) {
        this.#lookAgain(containerId, waitsUntilMs);
        return;
      }
      const heardBefore = this.#wishes.countOf(containerId);
      const container = await engine.inspect(containerId);
      if (container === undefined) {
        await this.#forget(containerId);
        return;
      }
      if (!this.#isConcerned(container)) {
        return;
      }
      if (container.state === 'exited' && !this.#diedAtMs.has(containerId)) {
        // Seen before it was heard: what was missed is told after a resync, a person's stop too.
        this.#diedAtMs.set(containerId, now());
        continue;
      }
      const treatment = await this.#decide(container, heardBefore);
      if (treatment.act === undefined) {
        await this.#tellDependants(treatment.record, container);
        this.#say(treatment.record);
        if (treatment.lookAgainAtMs !== undefined) {
          this.#lookAgain(containerId, treatment.lookAgainAtMs);
        }
        return;
      }
      const isDone = await this.#act(container, treatment.act);
      // Said after it was done: who tells of an illness must not keep anybody from healing it.
      this.#say(treatment.record);
      if (!isDone) {
        return;
      }
    }
  }

  /** A death is judged when it is known whether somebody wished for it; and nothing before the start period is over. */
  #waitsUntilMs(containerId: string): number {
    const diedMs = this.#diedAtMs.get(containerId);
    const isWishKnown = this.#wishes.of(containerId) === 'stopped';
    return Math.max(this.#startsAtMs, diedMs === undefined || isWishKnown ? 0 : diedMs + this.policy.deathGraceMs);
  }

  /** Decides, and has it on record before anything is done. */
  async #decide(container: ContainerSnapshot, heardBefore: number): Promise<Treatment> {
    const { now } = this.ports;
    const { id } = container;
    const following = await this.#decideToFollow(container);
    const namespaceStartedAt = await this.#namespaceStartedAt(container);
    const facts = this.#facts(container);
    const endingUntilMs = this.#wishes.endingUntilMs(id);
    const provisionalUntilMs = this.#wishes.provisionalUntilMs(id);
    const heard = this.#wishes.of(id);
    const count = this.#wishes.countOf(id);
    // What is seen is older than what was heard while it was looked up.
    const seen = count === heardBefore ? wishSeen(container) : undefined;
    let treatment: Treatment | undefined;
    let diagnosis: Diagnosis | undefined;
    const record = await this.#healings.change(container, (stored) => {
      const wish = heard ?? seen ?? stored.wish;
      diagnosis = diagnose(
        container,
        { ...stored, wish },
        {
          isHeld: this.ports.isHeld(id),
          diedWithEngine: this.#endedWithEngine.has(id),
          wasKilled: this.#wishes.wasKilled(id),
          isEnding: endingUntilMs !== undefined,
          isOnlyRunning: this.policy.isOnlyRunning,
          ...(namespaceStartedAt === undefined ? {} : { namespaceStartedAt }),
        },
      );
      const onRecord = provisionalUntilMs === undefined ? wish : stored.wish;
      treatment = this.#treat({ ...stored, wish: onRecord }, container, diagnosis, facts, following, now());
      return treatment.record;
    });
    if (provisionalUntilMs === undefined) {
      this.#wishes.settle(id, count);
    }
    if (diagnosis?.kind === 'unknown' && record.lastReason !== unknownReason) {
      this.#unknown.set(id, container.name);
      this.#lookAgain(unknownKey, now() + askAfterMs);
    }
    this.#lookAgain(saveKey, now() + troubleRetryMs);
    const lookAgainAtMs = earliest(
      treatment?.lookAgainAtMs,
      provisionalUntilMs,
      container.health === 'unhealthy' ? endingUntilMs : undefined,
    );
    return { ...(treatment ?? { record }), record, ...(lookAgainAtMs === undefined ? {} : { lookAgainAtMs }) };
  }

  #treat(
    record: HealingRecord,
    container: ContainerSnapshot,
    diagnosis: Diagnosis,
    facts: TreatmentFacts,
    following: 'restart' | 'wait' | 'drop' | undefined,
    nowMs: number,
  ): Treatment {
    const isFree =
      diagnosis.kind === 'well' ||
      (diagnosis.kind === 'leave' && container.state === 'running' && !this.ports.isHeld(container.id));
    if (following === 'restart' && isFree && record.intent === undefined) {
      return intendToFollow(record, container, facts);
    }
    const settled =
      following === 'drop' || (following !== undefined && !isFree) ? without(record, 'following') : record;
    const treatment = treat(settled, container, diagnosis, facts, this.policy, nowMs);
    return following === 'wait' && isFree ? { ...treatment, lookAgainAtMs: nowMs + troubleRetryMs } : treatment;
  }

  #facts(container: ContainerSnapshot): TreatmentFacts {
    const { instance, now, random } = this.ports;
    const lastLog = this.#lastLogs.get(container.id);
    const lease: Lease = {
      instance,
      until: new Date(now() + baseLeaseMs + 2_000 * stopTimeoutOf(container, this.policy)).toISOString(),
    };
    this.#breakers.see(container);
    let claim: { readonly untilMs: number | undefined } | undefined;
    return {
      jitter: random(),
      lease,
      dependantsOf: () => this.#dependantsOf(container),
      // Claimed at most once for each look, however often the store has it decided again.
      groupWaitsUntilMs: () => {
        claim ??= { untilMs: this.#breakers.claim(container) };
        return claim.untilMs;
      },
      detail: {
        ...(container.isOomKilled ? { isOomKilled: true } : {}),
        ...(lastLog === undefined ? {} : { lastLog }),
      },
    };
  }

  /** Those that follow this one: opted in, or in its network namespace, and in either case not opted out. */
  #dependantsOf(container: ContainerSummary): readonly string[] {
    const { inventory } = this.ports;
    return dependantsOf(container, inventory.all(), this.policy.dependants)
      .filter(({ id, isInNamespace }) => {
        const dependant = inventory.get(id);
        return (
          dependant !== undefined &&
          !isOptedOut(dependant, this.policy) &&
          (isInNamespace || isHealed(dependant, this.policy))
        );
      })
      .map(({ id }) => id)
      .slice(0, mostDependants);
  }

  /** Carries an intent out; false when there is nothing more to look at for now. */
  async #act(container: ContainerSnapshot, intent: RestartIntent): Promise<boolean> {
    const { engine, log, now, random } = this.ports;
    const { id, name } = container;
    await this.#capture(container);
    log.info('healing.restart', { container: name, how: intent.how, reason: intent.reason });
    try {
      await engine.perform(
        intent.how === 'start'
          ? { call: 'start', id }
          : { call: 'restart', id, stopTimeoutSeconds: stopTimeoutOf(container, this.policy) },
      );
      this.#endedWithEngine = new Set([...this.#endedWithEngine].filter((one) => one !== id));
      this.#diedAtMs.delete(id);
      return true;
    } catch (error) {
      if (isGone(error)) {
        await this.#forget(id);
        return false;
      }
      log.warn('healing.restart-failed', { container: name, error });
      if (!(error instanceof ForgeError && error.code === 'FORGE_DOCKER_UNAVAILABLE')) {
        await this.#healings.change(container, (record) => noteFailure(record, messageOf(error)));
      }
      this.#lookAgain(id, now() + troubleRetryMs * (1 + random()));
      return false;
    }
  }

  /** What is in memory is lost with a restart: what can be read of it is kept before. That it cannot be is no reason to leave it ill. */
  async #capture(container: ContainerSnapshot): Promise<void> {
    const { engine, evidence, redact, now, log } = this.ports;
    const { id, name } = container;
    try {
      const raw = redactEvidence(await engine.readEvidence(id, evidenceTailLines, ['inspect', 'logs']), redact);
      const takenAt = new Date(now()).toISOString();
      const label = `restart-${takenAt.replaceAll(/[:.]/g, '-')}`;
      this.#lastLogs.set(id, lastLinesOf(raw.logs, toldLogLines));
      await evidence.keep({ about: id, label, takenAt, container: { id, name }, ...raw });
    } catch (error) {
      log.warn('healing.no-evidence', { container: name, error });
    }
  }

  /** Not waited for: the streams may be away, and what must be said is on record. In the order in which it came to be. */
  #say(record: HealingRecord): void {
    if (record.unsaid.length === 0 || this.#saying.has(record.id)) {
      return;
    }
    this.#saying.add(record.id);
    void this.#sayAll(record.id)
      .catch((error: unknown) => {
        this.ports.log.warn('healing.not-said', { container: record.name, error });
        this.#lookAgain(record.id, this.ports.now() + troubleRetryMs);
      })
      .finally(() => this.#saying.delete(record.id));
  }

  async #sayAll(containerId: string): Promise<void> {
    for (let record = this.#healings.get(containerId); record !== undefined; record = this.#healings.get(containerId)) {
      const [event] = record.unsaid;
      if (event === undefined) {
        return;
      }
      await this.ports.events.publish(event);
      await this.#healings.change(record, (current) => ({
        ...current,
        unsaid: current.unsaid.filter(({ id }) => id !== event.id),
      }));
    }
  }

  /** Those that depend upon what was restarted just now are told to follow, each in its own record, before that is forgotten here. */
  async #tellDependants(record: HealingRecord, parent: ContainerSnapshot): Promise<void> {
    const { inventory, now } = this.ports;
    if (record.intent !== undefined || record.dependants.length === 0) {
      return;
    }
    const known = new Map(
      dependantsOf(parent, inventory.all(), this.policy.dependants).map((dependant) => [dependant.id, dependant]),
    );
    for (const id of record.dependants) {
      const container = inventory.get(id);
      const dependant = known.get(id);
      if (container !== undefined && dependant !== undefined) {
        const following = {
          parentId: parent.id,
          parentName: parent.name,
          mustBeHealthy: dependant.mustBeHealthy,
          since: new Date(now()).toISOString(),
        };
        await this.#healings.change(container, (current) => ({ ...current, following }));
        this.look(id);
      }
    }
    await this.#healings.change(record, (current) => ({ ...current, dependants: [] }));
  }

  async #decideToFollow(container: ContainerSnapshot): Promise<'restart' | 'wait' | 'drop' | undefined> {
    const { engine, inventory, now } = this.ports;
    const following = this.#healings.get(container.id)?.following;
    if (following === undefined) {
      return undefined;
    }
    const pending = dependenciesOf(container, inventory.all()).filter(({ id }) => {
      const dependency = this.#healings.get(id);
      return dependency?.following !== undefined || dependency?.intent !== undefined;
    });
    return decideToFollow(container, following, {
      parent: await engine.inspect(following.parentId),
      isAnotherDependencyPending: pending.length > 0,
      timeoutMs: this.policy.dependencyTimeoutMs,
      nowMs: now(),
    });
  }

  async #namespaceStartedAt({ networkMode }: ContainerSnapshot): Promise<string | undefined> {
    if (networkMode.kind !== 'container') {
      return undefined;
    }
    const owner = await this.ports.engine.inspect(networkMode.containerId);
    return owner?.state === 'running' ? owner.startedAt : undefined;
  }

  /** Opted in, or told to follow, or in the network namespace of something: then its own can die under it. */
  #isConcerned(container: ContainerSummary): boolean {
    const isFollowing = this.#healings.get(container.id)?.following !== undefined;
    const isInNamespace = container.networkMode.kind === 'container' && !isOptedOut(container, this.policy);
    return isHealed(container, this.policy) || isFollowing || isInNamespace;
  }

  async #forget(containerId: string): Promise<void> {
    this.#wishes.forget(containerId);
    this.#diedAtMs.delete(containerId);
    this.#lastLogs.delete(containerId);
    this.#agenda.delete(containerId);
    await this.#healings.forget(containerId);
  }

  /** After the engine, or this service, was away: what died meanwhile, and did the engine take it with it? */
  async #resync(): Promise<void> {
    const { inventory } = this.ports;
    const concerned = [...inventory.all()].filter((container) => this.#isConcerned(container));
    this.#endedWithEngine = await this.#findEndedWithEngine(concerned);
    for (const { id } of concerned) {
      this.look(id);
    }
  }

  /**
   * If not one of the processes that ran before runs on, it was not they that ended but the engine, or the host. Asked until
   * the first survivor is found, so that on most resyncs this is one look.
   */
  async #findEndedWithEngine(containers: readonly ContainerSummary[]): Promise<ReadonlySet<string>> {
    const ended = new Set<string>();
    for (const { id } of containers) {
      const record = this.#healings.get(id);
      if ((this.#wishes.of(id) ?? record?.wish) === 'running' && record?.startedAt !== undefined) {
        const now = await this.ports.engine.inspect(id);
        if (now?.startedAt === record.startedAt && now.state !== 'exited') {
          return new Set();
        }
        ended.add(id);
      }
    }
    return ended;
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
        this.#lookAtDead(await engine.list());
      }
    } catch (error) {
      log.debug('healing.poll-failed', { error });
    }
    this.#lookAgain(pollKey, now() + this.policy.intervalMs);
  }

  /** A death of which nothing was heard. */
  #lookAtDead(containers: readonly ContainerSummary[]): void {
    for (const { id, state } of containers) {
      if (state === 'exited' && this.#healings.get(id)?.wish === 'running') {
        this.look(id);
      }
    }
  }

  /** What the store did not take is written when it answers again. */
  async #saveLater(): Promise<void> {
    if (!(await this.#healings.saveAll())) {
      this.#lookAgain(saveKey, this.ports.now() + troubleRetryMs);
    }
  }

  /** One question for all, and asked once: after the first start on a host there may be many. */
  async #askAboutUnknown(): Promise<void> {
    const asked = [...this.#unknown];
    if (asked.length === 0) {
      return;
    }
    const names = asked.map(([, name]) => name);
    await this.ports.events.publishSelf(`${this.policy.host}:wish-unknown:${stableHash(...asked.map(([id]) => id))}`, {
      what: 'wish-unknown',
      reason: `${names.length} container(s) do not run, and nobody knows whether they should: start what is wanted, and it is looked after`,
      detail: { host: this.policy.host, containers: names.slice(0, 50) },
    });
    for (const [id, name] of asked) {
      await this.#healings.change({ id, name }, (record) => ({ ...record, lastReason: unknownReason }));
      this.#unknown.delete(id);
    }
  }

  #lookAgain(key: string, atMs: number): void {
    if (!this.#stopped.signal.aborted) {
      this.#agenda.set(key, atMs);
      this.#alarm.set(this.#agenda.nextAtMs);
    }
  }
}

function earliest(...timesMs: readonly (number | undefined)[]): number | undefined {
  const known = timesMs.filter((timeMs) => timeMs !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
