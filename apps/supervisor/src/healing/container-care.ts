import { messageOf } from '@sentinel-forge/contracts';
import type { ContainerSnapshot, ContainerSummary } from '@sentinel-forge/docker';
import type { FollowDecision } from './dependants.service.js';
import { type Diagnosis, type DiagnosisFacts, diagnose } from './diagnosis.service.js';
import type { EngineLosses } from './engine-losses.js';
import type { Followers } from './followers.js';
import type { GroupBreakers } from './group-breakers.js';
import type { HealingRecord, RestartIntent } from './healing.record.js';
import { without } from './healing.saying.js';
import type { HealingPolicy } from './healing-policy.js';
import { isHealed, isOptedOut, stopTimeoutOf } from './healing-scope.service.js';
import type { Healings } from './healings.js';
import type { HealthOutbox } from './health-outbox.js';
import type { Lately } from './lately.js';
import type { Captured, Restarter, RestarterPorts } from './restarter.js';
import { intendToFollow, noteFailure, type Treatment, type TreatmentFacts, treat } from './treatment.service.js';
import { wishSeen } from './wish.service.js';
import type { WishesHeard } from './wishes-heard.js';

/** What looking after a container needs of the world. */
export interface CarePorts extends RestarterPorts {
  /** Whether a mitigation holds the container. */
  readonly isHeld: (containerId: string) => boolean;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** Two processes that can run at the same time differ in it; one that was restarted keeps it. */
  readonly instance: string;
}

/** What is known beside what the engine shows. */
export interface CareKnowledge {
  readonly healings: Healings;
  readonly wishes: WishesHeard;
  readonly lately: Lately;
  readonly losses: EngineLosses;
  readonly breakers: GroupBreakers;
  readonly followers: Followers;
  readonly outbox: HealthOutbox;
  readonly restarter: Restarter;
}

/** What came of a look. */
export interface Look {
  /** When to look again, also if nothing is heard; undefined: only then. */
  readonly againAtMs?: number;
  /** Nobody knows whether this should run. */
  readonly unknown?: HealingRecord;
}

const troubleRetryMs = 1_000;
/** With the stop timeout on top, longer than a restart can take. */
const baseLeaseMs = 60_000;

/** Looks at one container and does what is to be done about it. Its caller sees to it that nobody else does at the same time. */
export class ContainerCare {
  constructor(
    private readonly ports: CarePorts,
    private readonly knowledge: CareKnowledge,
    private readonly policy: HealingPolicy,
  ) {}

  /** Opted in, or told to follow, or in the network namespace of something: then its own can die under it. */
  isConcerned(container: ContainerSummary): boolean {
    const isFollowing = this.knowledge.healings.get(container.id)?.following !== undefined;
    const isInNamespace = container.networkMode.kind === 'container' && !isOptedOut(container, this.policy);
    return isHealed(container, this.policy) || isFollowing || isInNamespace;
  }

  /** One look, and another one for as long as something is done or has changed meanwhile. */
  async look(containerId: string): Promise<Look> {
    let look = await this.#lookOnce(containerId);
    while (look === 'again') {
      look = await this.#lookOnce(containerId);
    }
    return look;
  }

  async #lookOnce(containerId: string): Promise<Look | 'again'> {
    const { engine, now } = this.ports;
    const heardBefore = this.knowledge.wishes.countOf(containerId);
    const container = await engine.inspect(containerId);
    if (container === undefined) {
      await this.forget(containerId);
      return {};
    }
    if (!this.isConcerned(container)) {
      return {};
    }
    const judgeAtMs = this.#judgeEndAtMs(container);
    if (judgeAtMs > now()) {
      return { againAtMs: judgeAtMs };
    }
    const { treatment, diagnosis, captured } = await this.#decide(container, heardBefore);
    return treatment.act === undefined
      ? this.#leave(container, treatment, diagnosis)
      : this.#act(container, treatment.record, treatment.act, await captured);
  }

  async #leave(container: ContainerSnapshot, treatment: Treatment, diagnosis: Diagnosis): Promise<Look> {
    const { record, lookAgainAtMs } = treatment;
    await this.knowledge.followers.tell(record, container);
    void this.knowledge.outbox.say(record);
    return {
      ...(lookAgainAtMs === undefined ? {} : { againAtMs: lookAgainAtMs }),
      ...(diagnosis.kind === 'unknown' ? { unknown: record } : {}),
    };
  }

  async #act(
    container: ContainerSnapshot,
    record: HealingRecord,
    intent: RestartIntent,
    captured: Captured | undefined,
  ): Promise<Look | 'again'> {
    const { healings, lately, losses, outbox, restarter } = this.knowledge;
    const { id } = container;
    if (this.#isOvertaken(id)) {
      return 'again';
    }
    const outcome = await restarter.perform(container, intent, captured);
    // Said after it was done: who tells of an illness must not keep anybody from healing it.
    void outbox.say(record);
    switch (outcome.kind) {
      case 'done':
        losses.forget(id);
        lately.forget(id);
        return 'again';
      case 'gone':
        await this.forget(id);
        return {};
      case 'failed':
        await healings.change(container, (current) => noteFailure(current, messageOf(outcome.error)));
        return { againAtMs: this.#soon() };
      case 'engine-away':
        return { againAtMs: this.#soon() };
    }
  }

  /** The container is gone; what is still to be said of it is said, if it can be. */
  async forget(containerId: string): Promise<void> {
    const { healings, wishes, lately, losses, restarter, outbox } = this.knowledge;
    for (const one of [wishes, lately, losses, restarter]) {
      one.forget(containerId);
    }
    const record = healings.get(containerId);
    if (record !== undefined) {
      void outbox.say(record).then(() => healings.forget(containerId));
    }
  }

  /** An end is judged when it is known whether somebody wished for it. */
  #judgeEndAtMs({ id, state }: ContainerSnapshot): number {
    const { wishes, lately, losses } = this.knowledge;
    if (state !== 'exited') {
      losses.forget(id);
      return 0;
    }
    lately.noteEndSeen(id);
    const isTold = wishes.of(id) === 'stopped' && !losses.isSuspected(id);
    return isTold ? 0 : lately.mayBeStoppedUntilMs(id);
  }

  /** Somebody has stopped it, or is about to, since it was decided upon. */
  #isOvertaken(containerId: string): boolean {
    const { wishes } = this.knowledge;
    return wishes.of(containerId) === 'stopped' || wishes.endingUntilMs(containerId) !== undefined;
  }

  /** Decides, and has it on record before anything is done. What a restart would wipe out is read meanwhile. */
  async #decide(container: ContainerSnapshot, heardBefore: number) {
    const { followers, healings, restarter, wishes } = this.knowledge;
    const { id } = container;
    const following = await followers.decide(container);
    const facts = await this.#diagnosisFacts(container);
    const treatmentFacts = this.#treatmentFacts(container);
    const heard = wishes.of(id);
    const count = wishes.countOf(id);
    // What is seen is older than what was heard while it was looked up.
    const seen = count === heardBefore ? wishSeen(container) : undefined;
    let decided: { readonly treatment: Treatment; readonly diagnosis: Diagnosis } | undefined;
    let captured: Promise<Captured | undefined> | undefined;
    const record = await healings.change(container, (stored) => {
      const current = { ...stored, wish: heard ?? seen ?? stored.wish };
      const diagnosis = diagnose(container, current, facts);
      const treatment = this.#treat(current, container, diagnosis, treatmentFacts, following);
      decided = { treatment, diagnosis };
      captured ??= treatment.act === undefined ? undefined : restarter.capture(container);
      return treatment.record;
    });
    wishes.settle(id, count);
    return { ...decidedOf(decided, record), captured };
  }

  #treat(
    record: HealingRecord,
    container: ContainerSnapshot,
    diagnosis: Diagnosis,
    facts: TreatmentFacts,
    following: FollowDecision | undefined,
  ): Treatment {
    const nowMs = this.ports.now();
    const isLeftFree = diagnosis.kind === 'leave' && container.state === 'running' && !this.ports.isHeld(container.id);
    const isFree = diagnosis.kind === 'well' || isLeftFree;
    if (following === 'restart' && isFree && record.intent === undefined) {
      return intendToFollow(record, container, facts);
    }
    const isOver = following === 'drop' || (following !== undefined && !isFree);
    const treatment = treat(
      isOver ? without(record, 'following') : record,
      container,
      diagnosis,
      facts,
      this.policy,
      nowMs,
    );
    const againAtMs = earliest(
      treatment.lookAgainAtMs,
      following === 'wait' && isFree ? nowMs + troubleRetryMs : undefined,
      container.health === 'unhealthy' ? this.knowledge.wishes.endingUntilMs(container.id) : undefined,
      container.health === 'unhealthy' ? this.knowledge.lately.healthIsStaleUntilMs(container.id) : undefined,
    );
    return againAtMs === undefined ? treatment : { ...treatment, lookAgainAtMs: againAtMs };
  }

  async #diagnosisFacts({ id, state, networkMode }: ContainerSnapshot): Promise<DiagnosisFacts> {
    const { wishes, lately, losses } = this.knowledge;
    const owner =
      networkMode.kind === 'container' ? await this.ports.engine.inspect(networkMode.containerId) : undefined;
    const namespaceStartedAt = owner?.state === 'running' ? owner.startedAt : undefined;
    return {
      isHeld: this.ports.isHeld(id),
      diedWithEngine: state === 'exited' && losses.has(id),
      wasKilled: wishes.wasKilled(id),
      isEnding: wishes.endingUntilMs(id) !== undefined,
      isHealthStale: lately.healthIsStaleUntilMs(id) !== undefined,
      isOnlyRunning: this.policy.isOnlyRunning,
      ...(namespaceStartedAt === undefined ? {} : { namespaceStartedAt }),
    };
  }

  #treatmentFacts(container: ContainerSnapshot): TreatmentFacts {
    const { instance, now, random } = this.ports;
    const { breakers, followers, restarter } = this.knowledge;
    const lastLog = restarter.lastLogOf(container.id);
    const leaseMs = baseLeaseMs + 2_000 * stopTimeoutOf(container, this.policy);
    breakers.see(container);
    let claim: { readonly untilMs: number | undefined } | undefined;
    return {
      jitter: random(),
      lease: { instance, until: new Date(now() + leaseMs).toISOString() },
      dependantsOf: () => followers.idsOf(container),
      // Claimed at most once for each look, however often the store has it decided again.
      groupWaitsUntilMs: () => {
        claim ??= { untilMs: breakers.claim(container) };
        return claim.untilMs;
      },
      detail: {
        ...(container.isOomKilled ? { isOomKilled: true } : {}),
        ...(lastLog === undefined ? {} : { lastLog }),
      },
    };
  }

  #soon(): number {
    return this.ports.now() + troubleRetryMs * (1 + this.ports.random());
  }
}

function decidedOf(
  decided: { readonly treatment: Treatment; readonly diagnosis: Diagnosis } | undefined,
  record: HealingRecord,
): { readonly treatment: Treatment; readonly diagnosis: Diagnosis } {
  return decided === undefined
    ? { treatment: { record }, diagnosis: { kind: 'leave', why: 'nothing was decided' } }
    : { ...decided, treatment: { ...decided.treatment, record } };
}

function earliest(...timesMs: readonly (number | undefined)[]): number | undefined {
  const known = timesMs.filter((timeMs) => timeMs !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
