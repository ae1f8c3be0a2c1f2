import { ForgeError } from '@sentinel-forge/contracts';
import type { ContainerSummary } from '@sentinel-forge/docker';
import { Agenda } from '../agenda/agenda.js';
import { AlarmClock } from '../agenda/alarm-clock.js';
import { isLasting } from './actions/catalogue.js';
import { Escapes } from './escapes.js';
import { Executor } from './executor.js';
import { isFinal, supervisorActor } from './in-force.js';
import { Judge } from './judge.js';
import type { MitigationRecord, UnsaidEvent } from './mitigation.record.js';
import type { Mitigations } from './mitigations.js';
import { Releaser } from './releaser.js';
import { findReplaced } from './replacement.service.js';
import type { ResponsePorts } from './response.ports.js';
import type { ResponsePolicy } from './response-policy.js';
import { workOf } from './work.service.js';

/** What stands in the way is the store, the streams or the engine, not the mitigation: it is tried again soon. */
const troubleRetryMs = 1_000;
const sweepEveryMs = 60_000;
const sweepKey = 'sweep';
/** A mitigation goes through a dozen states; whoever finds more to do without waiting is going in circles. */
const mostPiecesOfWork = 100;

/**
 * Does what the records say is to be done next ({@link workOf}), one container at a time. Whoever calls it only says *which*
 * mitigation or container to look at.
 */
export class MitigationDriver {
  readonly #executor: Executor;
  readonly #releaser: Releaser;
  readonly #judge: Judge;
  readonly #escapes: Escapes;
  readonly #agenda = new Agenda();
  readonly #alarm: AlarmClock;
  readonly #checksWaiting = new Set<string>();
  readonly #stopped = new AbortController();

  constructor(
    private readonly ports: ResponsePorts,
    private readonly policy: ResponsePolicy,
    private readonly mitigations: Mitigations,
    private readonly isPaused: () => Promise<boolean>,
  ) {
    const { now } = ports;
    const attempts = { ...ports, mitigations, instance: policy.instance };
    this.#executor = new Executor(attempts);
    this.#releaser = new Releaser(attempts);
    this.#judge = new Judge(ports, policy, mitigations, this.#executor);
    this.#escapes = new Escapes(mitigations, this.#executor, now);
    this.#alarm = new AlarmClock(now, () => this.tick());
  }

  /** Reads the records and goes on where they say, releases that are overdue first of all. */
  async start(): Promise<void> {
    await this.mitigations.follow(this.#stopped.signal);
    this.mitigations.index.recallActions(this.ports.now());
    this.driveOpen();
    this.#agenda.set(sweepKey, this.ports.now());
    this.tick();
  }

  /** Begins nothing new, and waits for what is being done. What is left is in the records. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#alarm.stop();
    await this.ports.lanes.idle();
  }

  /** Does what is due by now. The clock calls it; a test may. */
  tick(): void {
    if (this.#stopped.signal.aborted) {
      return;
    }
    for (const key of this.#agenda.takeDue(this.ports.now())) {
      if (key === sweepKey) {
        this.#sweep();
      } else {
        this.drive(key);
      }
    }
    this.#alarm.set(this.#agenda.nextAtMs);
  }

  /** Looks at a mitigation in the lane of its container. */
  drive(id: string): void {
    const record = this.mitigations.get(id);
    if (record !== undefined) {
      this.#inLane(record.request.target.id, () => this.#work(id));
    }
  }

  /** Looks at every mitigation that may still change. */
  driveOpen(): void {
    for (const { key } of this.mitigations.index.open()) {
      this.drive(key);
    }
  }

  /** Something happened to this container: whatever holds it has a look. However often that is said meanwhile, it looks once. */
  check(containerId: string): void {
    const holder = this.mitigations.index.inForceOn(containerId);
    if (holder === undefined || this.#checksWaiting.has(containerId)) {
      return;
    }
    this.#checksWaiting.add(containerId);
    this.#inLane(containerId, async () => {
      this.#checksWaiting.delete(containerId);
      const now = this.mitigations.index.inForceOn(containerId);
      if (now?.value.state === 'applied') {
        await this.#escapes.check(now.value);
        await this.#work(now.key);
      }
    });
  }

  /** A container is there that was not, or has another name than before: does one that is held hide behind it? */
  meet(container: ContainerSummary): void {
    const held = this.mitigations.index.inForce().map(({ value }) => value);
    for (const record of findReplaced(container, held)) {
      this.#inLane(record.request.target.id, async () => {
        const successor = await this.#escapes.succeed(record, container);
        if (successor !== undefined) {
          this.drive(successor);
          await this.#work(record.id);
        }
      });
    }
  }

  /** Looks at everything that is held, and at everything that is there. */
  checkAll(): void {
    for (const { value } of this.mitigations.index.inForce()) {
      this.check(value.request.target.id);
    }
    for (const container of this.ports.inventory.all()) {
      this.meet(container);
    }
    this.driveOpen();
  }

  #inLane(containerId: string, work: () => Promise<void>): void {
    void this.ports.lanes.run(containerId, async () => {
      if (this.#stopped.signal.aborted) {
        return;
      }
      try {
        await work();
      } catch (error) {
        this.#retrySoon(containerId, error);
      }
    });
  }

  /** The records still say what is to be done; only when is in question. */
  #retrySoon(containerId: string, error: unknown): void {
    this.ports.log.warn('response.trouble', { container: containerId, error });
    const atMs = this.ports.now() + troubleRetryMs * (1 + this.ports.random());
    for (const { key, value } of this.mitigations.index.open()) {
      if (value.request.target.id === containerId) {
        this.#agenda.set(key, atMs);
      }
    }
    this.#alarm.set(this.#agenda.nextAtMs);
  }

  async #work(id: string): Promise<void> {
    for (let pieces = 0; !this.#stopped.signal.aborted; pieces++) {
      if (pieces === mostPiecesOfWork) {
        throw new ForgeError('FORGE_INTERNAL', `${id}: work on it comes to no end`);
      }
      const record = this.mitigations.get(id);
      if (record === undefined) {
        return;
      }
      const work = workOf(record, this.ports.now(), this.policy.instance);
      if (work.kind === 'wait') {
        this.#wait(record, work.untilMs);
        await this.#afterwards(record);
        return;
      }
      if (!(await this.#do(work, record))) {
        return;
      }
    }
  }

  /** Does one piece of work; false when it has to wait for something else to happen. */
  async #do(work: ReturnType<typeof workOf>, record: MitigationRecord): Promise<boolean> {
    switch (work.kind) {
      case 'say':
        await this.#say(record, work.events);
        return true;
      case 'judge':
        return this.#judgeUnlessPaused(record);
      case 'expire-approval': {
        const reason = 'nobody approved it in time; ask again if it is still wanted';
        await this.mitigations.advance(record.id, { kind: 'rejected', actor: supervisorActor, reason });
        return true;
      }
      case 'act':
        await this.#executor.act(record);
        return true;
      case 'check':
        await this.#escapes.check(record);
        return true;
      case 'end':
      case 'release':
        return this.#endOrRelease(work.kind, record);
      case 'wait':
        return false;
    }
  }

  async #judgeUnlessPaused(record: MitigationRecord): Promise<boolean> {
    if ((await this.isPaused()) || this.#isOvertaking(record)) {
      return false;
    }
    await this.#judge.judge(record);
    const { joinedTo } = this.mitigations.get(record.id) ?? record;
    if (joinedTo !== undefined) {
      // Its end may be another one now.
      this.drive(joinedTo);
    }
    return true;
  }

  /**
   * Whether the same is under way on the container already, begun and not done (the engine was away, say). What a restart did
   * shows in when the process was started: a later one that went first would pass for the earlier one, and one be left out.
   */
  #isOvertaking({ id, request }: MitigationRecord): boolean {
    return (
      !isLasting(request.action) &&
      this.mitigations.index
        .about(request.target.id)
        .some(({ key, value }) => key !== id && value.state === 'executing' && value.request.action === request.action)
    );
  }

  #wait(record: MitigationRecord, untilMs: number | undefined): void {
    if (untilMs === undefined) {
      this.#agenda.delete(record.id);
    } else {
      this.#agenda.set(record.id, untilMs);
    }
    this.#alarm.set(this.#agenda.nextAtMs);
  }

  async #say(record: MitigationRecord, events: readonly UnsaidEvent[]): Promise<void> {
    for (const event of events) {
      await this.ports.events.publish(event, record.traceparent);
    }
    await this.mitigations.advance(record.id, { kind: 'said', ids: events.map(({ id }) => id) });
  }

  /** What a stronger one is about to take over, or has taken over, is not given back. */
  async #endOrRelease(kind: 'end' | 'release', record: MitigationRecord): Promise<boolean> {
    const upgrader = this.mitigations.index.upgraderOf(record)?.value;
    if (upgrader !== undefined) {
      if (upgrader.state === 'executing') {
        return false;
      }
      await this.mitigations.advance(record.id, { kind: 'superseded', by: upgrader.id });
      return true;
    }
    if (kind === 'release') {
      await this.#releaser.release(record);
    } else {
      const reason = 'its time to live is over';
      await this.mitigations.advance(record.id, { kind: 'release-asked', actor: supervisorActor, reason });
    }
    return true;
  }

  /** What the end of a piece of work means for other mitigations. */
  async #afterwards(record: MitigationRecord): Promise<void> {
    const { upgrades } = record;
    if (upgrades !== undefined) {
      if (record.state === 'applied') {
        await this.mitigations.advance(upgrades, { kind: 'superseded', by: record.id });
      }
      this.drive(upgrades);
    }
    if (isFinal(record)) {
      this.ports.onFree?.(record.request.target.id);
      for (const joined of record.joins) {
        await this.#endJoined(joined, record);
      }
      for (const { key, value } of this.mitigations.index.about(record.request.target.id)) {
        if (value.state === 'requested' || value.state === 'approved') {
          this.drive(key); // it may have waited for this one
        }
      }
    }
  }

  async #endJoined(id: string, host: MitigationRecord): Promise<void> {
    const next = host.supersededBy;
    if (next !== undefined) {
      const until = this.mitigations.get(id)?.until;
      await this.mitigations.advance(next, {
        kind: 'join-accepted',
        by: id,
        untilMs: until === undefined ? undefined : Date.parse(until),
      });
      await this.mitigations.advance(id, { kind: 'rejoined', host: host.id, to: next });
      return;
    }
    const actor = host.releasedBy ?? supervisorActor;
    const reason = host.history.at(-1)?.reason ?? host.state;
    const ended = await this.mitigations.advance(id, { kind: 'host-ended', host: host.id, actor, reason });
    if (ended.isAccepted) {
      this.drive(id);
    }
  }

  /** A safety net under everything that is driven by events, and the end of what is over for long. */
  #sweep(): void {
    const nowMs = this.ports.now();
    this.#agenda.set(sweepKey, nowMs + sweepEveryMs);
    this.checkAll();
    for (const { key, value } of this.mitigations.index.all()) {
      const endedMs = Date.parse(value.history.at(-1)?.at ?? value.receivedAt);
      const host = value.joinedTo === undefined ? undefined : this.mitigations.get(value.joinedTo);
      if (host !== undefined && isFinal(host) && !isFinal(value)) {
        this.#inLane(value.request.target.id, () => this.#endJoined(key, host));
      } else if (isFinal(value) && value.unsaid.length === 0 && nowMs - endedMs > this.policy.recordRetentionMs) {
        this.#inLane(value.request.target.id, () => this.mitigations.forget(key));
      }
    }
  }
}
