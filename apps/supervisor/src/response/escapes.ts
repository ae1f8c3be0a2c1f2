import { type MitigationRequested, mitigationIdOf } from '@sentinel-forge/contracts';
import type { ContainerSummary } from '@sentinel-forge/docker';
import type { Now } from '../agenda/alarm-clock.js';
import type { Executor } from './executor.js';
import { isInForce, supervisorActor } from './in-force.js';
import type { MitigationRecord } from './mitigation.record.js';
import { oneLine } from './mitigation.saying.js';
import type { Mitigations } from './mitigations.js';

/** Sees to it that what is held stays held: connected, unpaused, started or made anew by whatever hand. */
export class Escapes {
  constructor(
    private readonly mitigations: Mitigations,
    private readonly executor: Executor,
    private readonly now: Now,
  ) {}

  /** Whether a mitigation is still in force; what comes of it stands in its record. */
  async check(record: MitigationRecord): Promise<void> {
    const problems = await this.executor.findProblems(record);
    if (problems === undefined) {
      const successor = this.#successorOf(record);
      await (successor === undefined
        ? this.mitigations.advance(record.id, { kind: 'target-gone' })
        : this.mitigations.advance(record.id, { kind: 'superseded', by: successor.id }));
    } else if (problems.length > 0) {
      await this.mitigations.advance(record.id, { kind: 'escaped', problems });
    } else if (record.retryAt !== undefined) {
      await this.mitigations.advance(record.id, { kind: 'found-well', contained: record.contained });
    }
  }

  /**
   * The target was made anew: what held the old container is asked for again, for the new one. Resolves to the id of that
   * mitigation; undefined when there is nothing left to ask for.
   */
  async succeed(record: MitigationRecord, container: ContainerSummary): Promise<string | undefined> {
    const now = this.now();
    const { request, until, sender: _, traceparent } = record;
    const remainingMs = until === undefined ? undefined : Date.parse(until) - now;
    if (!isInForce(record) || (remainingMs !== undefined && remainingMs < 1_000)) {
      return undefined;
    }
    const { ttlMs: _ttlMs, needsApproval: _needsApproval, ...rest } = request;
    const successor: MitigationRequested = {
      ...rest,
      mitigationId: mitigationIdOf(request.evidence.eventId, container.id, request.action),
      target: { host: request.target.host, id: container.id, name: container.name },
      reason: oneLine(`${request.target.name} was made anew while it was held: ${request.reason}`),
      requestedAt: new Date(now).toISOString(),
      ...(remainingMs === undefined ? { hold: true } : { ttlMs: remainingMs }),
    };
    await this.mitigations.open(successor, { sender: supervisorActor, traceparent, succeeds: record.id });
    await this.check(this.mitigations.get(record.id) ?? record);
    return successor.mitigationId;
  }

  #successorOf(record: MitigationRecord): MitigationRecord | undefined {
    return [...this.mitigations.index.all()].map(({ value }) => value).find(({ succeeds }) => succeeds === record.id);
  }
}
