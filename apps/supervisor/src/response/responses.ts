import {
  ForgeError,
  type ListMitigations,
  Log,
  type MitigationRequested,
  messageOf,
  mitigationIdOf,
} from '@sentinel-forge/contracts';
import type { ContainerEvent, ContainerSnapshot, ContainerSummary, NetworkEvent } from '@sentinel-forge/docker';
import { Agenda } from '../agenda/agenda.js';
import { AlarmClock, type Now } from '../agenda/alarm-clock.js';
import type { EngineListener } from '../engine-watch/engine-watch.js';
import type { Inventory } from '../inventory/inventory.js';
import type { ContainerLanes } from '../lanes/container-lanes.js';
import type { KeyValueStore } from '../records/key-value-store.port.js';
import { actions, isLasting, strengthOf } from './actions/catalogue.js';
import { readParameters } from './actions/parameters.js';
import type { ContainerEngine } from './container-engine.port.js';
import { describeStep } from './docker-call.js';
import { containerToCheck } from './escape.service.js';
import type { EvidenceStore } from './evidence/evidence.port.js';
import type { Redact } from './evidence/redact-evidence.js';
import { Executor } from './executor.js';
import { whyTooMuch } from './guards.service.js';
import type { MitigationRecord, UnsaidEvent } from './mitigation.record.js';
import { isFinal, isInForce, supervisorActor } from './mitigation.service.js';
import type { MitigationEvents } from './mitigation-events.port.js';
import { type Advanced, Mitigations } from './mitigations.js';
import { findReplaced } from './replacement.service.js';
import type { ResponsePolicy } from './response-policy.js';
import { type ResponseSwitch, responseSwitchKey } from './response-switch.js';
import { isInScope, whyApproval, whyOutOfScope } from './scope.service.js';
import { workOf } from './work.service.js';

/** What responses need of the world. */
export interface ResponsePorts {
  readonly store: KeyValueStore<MitigationRecord>;
  readonly switches: KeyValueStore<ResponseSwitch>;
  readonly engine: ContainerEngine;
  readonly evidence: EvidenceStore;
  readonly events: MitigationEvents;
  readonly inventory: Inventory;
  /** Shared with the healer: the two never work on one container at the same time. */
  readonly lanes: ContainerLanes;
  readonly redact: Redact;
  /** Told of a container that is held no more. */
  readonly onFree?: (containerId: string) => void;
  readonly log: Log;
  readonly now: Now;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
}

/** Who asks, and on which trace. */
export interface RequestOrigin {
  readonly sender: string;
  readonly traceparent: string;
}

/** What stands in the way is the store, the streams or the engine, not the mitigation: it is tried again soon. */
const troubleRetryMs = 1_000;
const sweepEveryMs = 60_000;
const sweepKey = 'sweep';

/**
 * Carries mitigations out and takes them back. An event, a command, an engine event or the clock only says *which* mitigation
 * to look at; what is to be done then follows from its record ({@link workOf}), one container at a time.
 */
export class Responses implements EngineListener {
  readonly #mitigations: Mitigations;
  readonly #executor: Executor;
  readonly #agenda = new Agenda();
  readonly #alarm: AlarmClock;
  readonly #checksWaiting = new Set<string>();
  readonly #stopped = new AbortController();

  constructor(
    private readonly ports: ResponsePorts,
    private readonly policy: ResponsePolicy,
  ) {
    const { store, now } = ports;
    this.#mitigations = new Mitigations(store, policy.host, now);
    this.#executor = new Executor({ ...ports, mitigations: this.#mitigations, instance: policy.instance });
    this.#alarm = new AlarmClock(now, () => this.tick());
  }

  /** Reads the records and goes on where they say, releases that are overdue first of all. */
  async start(): Promise<void> {
    await this.#mitigations.follow(this.#stopped.signal);
    this.#mitigations.index.recallActions(this.ports.now());
    for (const { key } of this.#mitigations.index.open()) {
      this.#drive(key);
    }
    this.#agenda.set(sweepKey, this.ports.now());
    this.tick();
  }

  /** Begins nothing new, and waits for what is being done. What is left is in the records. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#alarm.stop();
    await this.ports.lanes.idle();
  }

  /**
   * Takes a request in. Resolves when it is on record: from then on it is carried out, whatever is killed, and the request may be
   * acknowledged. The same request again is no second one.
   */
  async accept(request: MitigationRequested, origin: RequestOrigin): Promise<void> {
    await this.#mitigations.open(request, origin);
    this.#drive(request.mitigationId);
  }

  /** What holds this container, if anything does. The healer keeps its hands off then. */
  inForceOn(containerId: string): MitigationRecord | undefined {
    return this.#mitigations.index.inForceOn(containerId)?.value;
  }

  /** Newest first. */
  list(filter: ListMitigations = {}): readonly MitigationRecord[] {
    const { state, container, limit = 100 } = filter;
    return [...this.#mitigations.index.all()]
      .map(({ value }) => value)
      .filter((record) => state === undefined || record.state === state)
      .filter(
        ({ request: { target } }) =>
          container === undefined || target.name === container || target.id.startsWith(container),
      )
      .sort((a, b) => b.receivedAt.localeCompare(a.receivedAt))
      .slice(0, limit);
  }

  /** By id, or the unambiguous start of one. Throws `FORGE_MITIGATION_UNKNOWN` or `FORGE_MITIGATION_AMBIGUOUS`. */
  find(idStart: string): MitigationRecord {
    const found = [...this.#mitigations.index.all()].filter(({ key }) => key.startsWith(idStart));
    const [first, second] = found;
    if (first === undefined) {
      throw new ForgeError('FORGE_MITIGATION_UNKNOWN', `There is no mitigation ${idStart} on ${this.policy.host}`);
    }
    if (second !== undefined) {
      throw new ForgeError(
        'FORGE_MITIGATION_AMBIGUOUS',
        `${idStart} is the start of ${found.length} mitigations; give more of it`,
      );
    }
    return first.value;
  }

  /** Lets a mitigation that waits for it be carried out. Throws `FORGE_MITIGATION_STATE` when it does not wait. */
  approve(idStart: string, actor: string, reason = 'approved'): Promise<MitigationRecord> {
    return this.#command(this.find(idStart), (id) =>
      this.#mitigations.advance(id, { kind: 'approved', actor, reason }),
    );
  }

  /** Refuses a mitigation that was not carried out yet. */
  reject(idStart: string, actor: string, reason = 'rejected by hand'): Promise<MitigationRecord> {
    return this.#command(this.find(idStart), (id) =>
      this.#mitigations.advance(id, { kind: 'rejected', actor, reason }),
    );
  }

  /** Takes a mitigation back; of one that was joined to another, the other. Resolves when the release is on record, not when it is done. */
  release(idStart: string, actor: string, reason = 'released by hand'): Promise<MitigationRecord> {
    const record = this.find(idStart);
    const holder = record.joinedTo === undefined ? record : this.find(record.joinedTo);
    return this.#command(holder, (id) => this.#mitigations.advance(id, { kind: 'release-asked', actor, reason }));
  }

  /** Takes back everything that is in force. */
  releaseAll(actor: string, reason = 'everything released by hand'): Promise<readonly MitigationRecord[]> {
    const held = this.#mitigations.index.inForce().filter(({ value }) => value.state !== 'releasing');
    return Promise.all(held.map(({ key }) => this.release(key, actor, reason)));
  }

  /** Whether anything new is carried out at the moment. */
  async isPaused(): Promise<boolean> {
    return (await this.ports.switches.get(responseSwitchKey(this.policy.host)))?.value.isPaused ?? false;
  }

  /** The one big switch. What came in while it was set is carried out when it is no more; resolves to whether this changed anything. */
  async setPaused(isPaused: boolean, actor: string, reason = ''): Promise<boolean> {
    const { switches, now } = this.ports;
    const key = responseSwitchKey(this.policy.host);
    const stored = await switches.get(key);
    if ((stored?.value.isPaused ?? false) === isPaused) {
      return false;
    }
    const value: ResponseSwitch = { isPaused, actor, reason, at: new Date(now()).toISOString() };
    await (stored === undefined ? switches.create(key, value) : switches.update(key, value, stored.revision));
    if (!isPaused) {
      this.#driveOpen();
    }
    return true;
  }

  onEvent(event: ContainerEvent | NetworkEvent): void {
    const containerId = containerToCheck(event);
    if (containerId !== undefined) {
      this.check(containerId);
    }
  }

  /** A container is there that was not, or has another name than before: does one that is held hide behind it? */
  onContainer(container: ContainerSummary): void {
    for (const record of findReplaced(container, this.#holders())) {
      this.#inLane(record.request.target.id, () => this.#succeed(record, container));
    }
  }

  /** The engine was away, or events were missed: looks at everything that is held. */
  onResync(): void {
    for (const { value } of this.#mitigations.index.inForce()) {
      this.check(value.request.target.id);
    }
    for (const container of this.ports.inventory.all()) {
      this.onContainer(container);
    }
    this.#driveOpen();
  }

  /** Something happened to this container: whatever holds it has a look. However often that is said meanwhile, it looks once. */
  check(containerId: string): void {
    const holder = this.#mitigations.index.inForceOn(containerId);
    if (holder === undefined || this.#checksWaiting.has(containerId)) {
      return;
    }
    this.#checksWaiting.add(containerId);
    this.#inLane(containerId, async () => {
      this.#checksWaiting.delete(containerId);
      const now = this.#mitigations.index.inForceOn(containerId);
      if (now?.value.state === 'applied') {
        await this.#check(now.value);
        await this.#work(now.key);
      }
    });
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
        this.#drive(key);
      }
    }
    this.#alarm.set(this.#agenda.nextAtMs);
  }

  /** Looks at a mitigation in the lane of its container. */
  #drive(id: string): void {
    const record = this.#mitigations.get(id);
    if (record !== undefined) {
      this.#inLane(record.request.target.id, () => this.#work(id));
    }
  }

  #driveOpen(): void {
    for (const { key } of this.#mitigations.index.open()) {
      this.#drive(key);
    }
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
    for (const { key, value } of this.#mitigations.index.open()) {
      if (value.request.target.id === containerId) {
        this.#agenda.set(key, atMs);
      }
    }
    this.#alarm.set(this.#agenda.nextAtMs);
  }

  async #work(id: string): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const record = this.#mitigations.get(id);
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
        return this.#judge(record);
      case 'expire-approval': {
        const reason = 'nobody approved it in time; ask again if it is still wanted';
        await this.#mitigations.advance(record.id, { kind: 'rejected', actor: supervisorActor, reason });
        return true;
      }
      case 'act':
        await this.#executor.act(record);
        return true;
      case 'check':
        await this.#check(record);
        return true;
      case 'end':
      case 'release':
        return this.#endOrRelease(work.kind, record);
      case 'wait':
        return false;
    }
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
    await this.#mitigations.advance(record.id, { kind: 'said', ids: events.map(({ id }) => id) });
  }

  async #judge(record: MitigationRecord): Promise<boolean> {
    if (await this.isPaused()) {
      return false;
    }
    const { engine, now } = this.ports;
    const { id, request } = record;
    const action = actions[request.action];
    const container = await engine.inspect(request.target.id);
    const refusal = this.#whyNot(record, container);
    if (refusal !== undefined) {
      return this.#reject(record, refusal);
    }
    // Only `notify` needs no container: it tells of one.
    if (container === undefined || request.action === 'notify') {
      await this.#mitigations.advance(id, { kind: 'noted', calls: [], contained: 'none' });
      return true;
    }
    if (request.simulated === true) {
      const { situation, steps } = this.#executor.foresee(record, container);
      const { contained } = action.containment(situation);
      await this.#mitigations.advance(id, { kind: 'noted', calls: steps.map(describeStep), contained });
      return true;
    }
    const holder = action.isDisturbing ? this.#mitigations.index.inForceOn(container.id, id)?.value : undefined;
    if (holder !== undefined && canJoin(record, holder)) {
      return this.#join(record, holder);
    }
    const approval = record.state === 'approved' ? undefined : whyApproval(request, container, this.policy);
    if (approval !== undefined) {
      const approveBeforeMs = now() + this.policy.approvalTimeoutMs;
      await this.#mitigations.advance(id, { kind: 'approval-awaited', reason: approval, approveBeforeMs });
      return true;
    }
    const tooMuch = action.isDisturbing ? this.#whyTooMuch(record, holder) : undefined;
    if (tooMuch !== undefined) {
      return this.#reject(record, tooMuch);
    }
    const isCounted = action.isDisturbing;
    const admitted = isCounted
      ? this.#mitigations.index.admit(container.id, isLasting(request.action), now())
      : undefined;
    try {
      await this.#executor.act(record, { container, ...(holder === undefined ? {} : { upgraded: holder }) });
    } finally {
      admitted?.();
    }
    return true;
  }

  #whyNot(record: MitigationRecord, container: ContainerSnapshot | undefined): string | undefined {
    const { request, sender } = record;
    const action = actions[request.action];
    const read = readParameters(action, request.parameters);
    if (!read.isValid) {
      return `its parameters are not valid: ${read.problems.join('; ')}`;
    }
    const namesake = container === undefined ? this.ports.inventory.byName(request.target.name)?.id : undefined;
    const facts = {
      request,
      sender,
      container,
      isDisturbing: action.isDisturbing,
      ...(namesake === undefined ? {} : { namesake }),
    };
    return whyOutOfScope(facts, this.policy, this.ports.now());
  }

  #whyTooMuch(record: MitigationRecord, holder: MitigationRecord | undefined): string | undefined {
    const { index } = this.#mitigations;
    const nowMs = this.ports.now();
    const fleet = [...this.ports.inventory.all()].filter((one) => one.state === 'running' || one.state === 'paused');
    const radius = {
      recentActionsMs: index.recentActionsMs(nowMs),
      contained: index.containedIds().size,
      fleetSize: fleet.filter((one) => isInScope(one, this.policy)).length,
    };
    const wanted = { isLasting: isLasting(record.request.action), isContained: holder !== undefined };
    return whyTooMuch(wanted, radius, this.policy, nowMs);
  }

  async #reject(record: MitigationRecord, reason: string): Promise<boolean> {
    await this.#mitigations.advance(record.id, { kind: 'rejected', actor: supervisorActor, reason });
    return true;
  }

  async #join(record: MitigationRecord, holder: MitigationRecord): Promise<boolean> {
    const { request } = record;
    if (isLasting(request.action)) {
      const isEndless = request.ttlMs === undefined || request.hold === true;
      const untilMs = isEndless ? undefined : this.ports.now() + (request.ttlMs ?? 0);
      await this.#mitigations.advance(holder.id, { kind: 'join-accepted', by: record.id, untilMs });
    }
    const { until, contained } = this.#mitigations.get(holder.id) ?? holder;
    await this.#mitigations.advance(record.id, {
      kind: 'joined',
      to: holder.id,
      contained,
      ...(until === undefined ? {} : { until }),
    });
    this.#drive(holder.id);
    return true;
  }

  async #check(record: MitigationRecord): Promise<void> {
    const problems = await this.#executor.findProblems(record);
    if (problems === undefined) {
      const successor = this.#successorOf(record);
      await (successor === undefined
        ? this.#mitigations.advance(record.id, { kind: 'target-gone' })
        : this.#mitigations.advance(record.id, { kind: 'superseded', by: successor.id }));
    } else if (problems.length > 0) {
      await this.#mitigations.advance(record.id, { kind: 'escaped', problems });
    } else if (record.retryAt !== undefined) {
      await this.#mitigations.advance(record.id, { kind: 'found-well', contained: record.contained });
    }
  }

  /** What a stronger one is about to take over, or has taken over, is not given back. */
  async #endOrRelease(kind: 'end' | 'release', record: MitigationRecord): Promise<boolean> {
    const upgrader = this.#mitigations.index.upgraderOf(record)?.value;
    if (upgrader !== undefined) {
      if (upgrader.state === 'executing') {
        return false;
      }
      await this.#mitigations.advance(record.id, { kind: 'superseded', by: upgrader.id });
      return true;
    }
    if (kind === 'release') {
      await this.#executor.release(record);
    } else {
      const reason = 'its time to live is over';
      await this.#mitigations.advance(record.id, { kind: 'release-asked', actor: supervisorActor, reason });
    }
    return true;
  }

  /** What the end of a piece of work means for other mitigations. */
  async #afterwards(record: MitigationRecord): Promise<void> {
    const { upgrades } = record;
    if (upgrades !== undefined) {
      if (record.state === 'applied') {
        await this.#mitigations.advance(upgrades, { kind: 'superseded', by: record.id });
      }
      this.#drive(upgrades);
    }
    if (isFinal(record)) {
      this.ports.onFree?.(record.request.target.id);
      for (const joined of record.joins) {
        await this.#endJoined(joined, record);
      }
    }
  }

  async #endJoined(id: string, host: MitigationRecord): Promise<void> {
    const next = host.supersededBy;
    if (next !== undefined) {
      const until = this.#mitigations.get(id)?.until;
      await this.#mitigations.advance(next, {
        kind: 'join-accepted',
        by: id,
        untilMs: until === undefined ? undefined : Date.parse(until),
      });
      await this.#mitigations.advance(id, { kind: 'rejoined', host: host.id, to: next });
      return;
    }
    const actor = host.releasedBy ?? supervisorActor;
    const reason = host.history.at(-1)?.reason ?? host.state;
    const ended = await this.#mitigations.advance(id, { kind: 'host-ended', host: host.id, actor, reason });
    if (ended.isAccepted) {
      this.#drive(id);
    }
  }

  /** The target was made anew: what held the old container is asked for again, for the new one. */
  async #succeed(record: MitigationRecord, container: ContainerSummary): Promise<void> {
    const now = this.ports.now();
    const { request, until, sender: _, traceparent } = record;
    const remainingMs = until === undefined ? undefined : Date.parse(until) - now;
    if (!isInForce(record) || (remainingMs !== undefined && remainingMs < 1_000)) {
      return;
    }
    const { ttlMs: _ttlMs, needsApproval: _needsApproval, ...rest } = request;
    const successor: MitigationRequested = {
      ...rest,
      mitigationId: mitigationIdOf(request.evidence.eventId, container.id, request.action),
      target: { host: request.target.host, id: container.id, name: container.name },
      reason: `${request.target.name} was made anew while it was held: ${request.reason}`.slice(0, 1024),
      requestedAt: new Date(now).toISOString(),
      ...(remainingMs === undefined ? { hold: true } : { ttlMs: remainingMs }),
    };
    await this.#mitigations.open(successor, { sender: supervisorActor, traceparent, succeeds: record.id });
    this.#drive(successor.mitigationId);
    await this.#check(this.#mitigations.get(record.id) ?? record);
    await this.#work(record.id);
  }

  #successorOf(record: MitigationRecord): MitigationRecord | undefined {
    return [...this.#mitigations.index.all()].map(({ value }) => value).find(({ succeeds }) => succeeds === record.id);
  }

  #holders(): readonly MitigationRecord[] {
    return this.#mitigations.index.inForce().map(({ value }) => value);
  }

  /** A safety net under everything that is driven by events, and the end of what is over for long. */
  #sweep(): void {
    const nowMs = this.ports.now();
    this.#agenda.set(sweepKey, nowMs + sweepEveryMs);
    this.onResync();
    for (const { key, value } of this.#mitigations.index.all()) {
      const endedMs = Date.parse(value.history.at(-1)?.at ?? value.receivedAt);
      const host = value.joinedTo === undefined ? undefined : this.#mitigations.get(value.joinedTo);
      if (host !== undefined && isFinal(host) && !isFinal(value)) {
        this.#inLane(value.request.target.id, () => this.#endJoined(key, host));
      } else if (isFinal(value) && value.unsaid.length === 0 && nowMs - endedMs > this.policy.recordRetentionMs) {
        this.#inLane(value.request.target.id, () => this.#mitigations.forget(key));
      }
    }
  }

  async #command(record: MitigationRecord, command: (id: string) => Promise<Advanced>): Promise<MitigationRecord> {
    const { id, request } = record;
    const advanced = await this.ports.lanes.run(request.target.id, () => command(id));
    if (!advanced.isAccepted) {
      throw new ForgeError('FORGE_MITIGATION_STATE', `${id}: ${advanced.reason}`);
    }
    this.#drive(id);
    return advanced.record;
  }
}

/** Equal or stronger, and not about to end. */
function canJoin(record: MitigationRecord, holder: MitigationRecord): boolean {
  return (
    (holder.state === 'executing' || holder.state === 'applied') &&
    !holder.isTargetGone &&
    strengthOf(holder.request.action) >= strengthOf(record.request.action)
  );
}
