import type { ContainerSnapshot } from '@sentinel-forge/docker';
import { actions, isLasting, strengthOf } from './actions/catalogue.js';
import { readParameters } from './actions/parameters.js';
import { describeStep } from './docker-call.js';
import type { Executor } from './executor.js';
import { whyTooMuch } from './guards.service.js';
import { supervisorActor } from './in-force.js';
import type { MitigationRecord } from './mitigation.record.js';
import type { Mitigations } from './mitigations.js';
import type { ResponsePorts } from './response.ports.js';
import type { ResponsePolicy } from './response-policy.js';
import { isInScope, whyApproval, whyOutOfScope } from './scope.service.js';

/** Brings a request before the rules, with the facts that they ask for: refuse, join, wait for a person, or act. */
export class Judge {
  constructor(
    private readonly ports: Pick<ResponsePorts, 'engine' | 'inventory' | 'now'>,
    private readonly policy: ResponsePolicy,
    private readonly mitigations: Mitigations,
    private readonly executor: Executor,
  ) {}

  /** Judges one request; what comes of it stands in its record. */
  async judge(record: MitigationRecord): Promise<void> {
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
      await this.mitigations.advance(id, { kind: 'noted', calls: [], contained: 'none' });
      return;
    }
    if (request.simulated === true) {
      const { situation, steps } = this.executor.foresee(record, container);
      const { contained } = action.containment(situation);
      await this.mitigations.advance(id, { kind: 'noted', calls: steps.map(describeStep), contained });
      return;
    }
    const holder = action.isDisturbing ? this.mitigations.index.inForceOn(container.id, id)?.value : undefined;
    if (holder !== undefined && canJoin(record, holder)) {
      return this.#join(record, holder);
    }
    const approval = wasApproved(record) ? undefined : whyApproval(request, container, this.policy);
    if (approval !== undefined) {
      const approveBeforeMs = now() + this.policy.approvalTimeoutMs;
      await this.mitigations.advance(id, { kind: 'approval-awaited', reason: approval, approveBeforeMs });
      return;
    }
    const tooMuch = action.isDisturbing ? this.#whyTooMuch(record, holder) : undefined;
    if (tooMuch !== undefined) {
      return this.#reject(record, tooMuch);
    }
    const isCounted = action.isDisturbing;
    const admitted = isCounted
      ? this.mitigations.index.admit(container.id, isLasting(request.action), now())
      : undefined;
    try {
      // What leaves nothing in force can take no place: what the other one holds, it still has to give back.
      const upgraded = isLasting(request.action) ? holder : undefined;
      await this.executor.act(record, { container, ...(upgraded === undefined ? {} : { upgraded }) });
    } finally {
      admitted?.();
    }
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
    const { index } = this.mitigations;
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

  async #reject(record: MitigationRecord, reason: string): Promise<void> {
    await this.mitigations.advance(record.id, { kind: 'rejected', actor: supervisorActor, reason });
  }

  async #join(record: MitigationRecord, holder: MitigationRecord): Promise<void> {
    const { request } = record;
    if (isLasting(request.action)) {
      const isEndless = request.ttlMs === undefined || request.hold === true;
      const untilMs = isEndless ? undefined : this.ports.now() + (request.ttlMs ?? 0);
      await this.mitigations.advance(holder.id, { kind: 'join-accepted', by: record.id, untilMs });
    }
    const { until, contained } = this.mitigations.get(holder.id) ?? holder;
    await this.mitigations.advance(record.id, {
      kind: 'joined',
      to: holder.id,
      contained,
      ...(until === undefined ? {} : { until }),
    });
  }
}

/** By a person; what follows a container that was made anew was so with the one before it, if it had to be. */
function wasApproved({ state, succeeds }: MitigationRecord): boolean {
  return state === 'approved' || succeeds !== undefined;
}

/** Equal or stronger, and not about to end. A restart undoes what holds fast, and so joins it; a throttle it leaves in force. */
function canJoin(record: MitigationRecord, holder: MitigationRecord): boolean {
  const [wanted, inForce] = [record.request.action, holder.request.action];
  return (
    (holder.state === 'executing' || holder.state === 'applied') &&
    !holder.isTargetGone &&
    strengthOf(inForce) >= strengthOf(wanted) &&
    !(wanted === 'restart' && inForce === 'throttle')
  );
}
