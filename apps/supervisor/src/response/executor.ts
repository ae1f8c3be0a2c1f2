import { ForgeError, isRetryable, messageOf } from '@sentinel-forge/contracts';
import type { ContainerSnapshot } from '@sentinel-forge/docker';
import type { Situation } from './actions/action.js';
import { actions } from './actions/catalogue.js';
import { type AttemptPorts, isEngineAway, leaseFor, maxRounds, parametersOf } from './attempt.js';
import type { Step } from './docker-call.js';
import type { MitigationRecord } from './mitigation.record.js';
import { StepTaker, TryNotes } from './step-taker.js';
import { rememberTarget, type TargetBefore } from './target-before.js';

/**
 * Does what the records say, on the engine. Intent is written before the first call of each try, what came of it after the
 * last; in between only the real state counts. It decides nothing: plans are the actions', states the state machine's.
 */
export class Executor {
  readonly #steps: StepTaker;

  constructor(private readonly ports: AttemptPorts) {
    this.#steps = new StepTaker(ports);
  }

  /** What a plan would do now, without doing it. */
  foresee(record: MitigationRecord, current: ContainerSnapshot): { situation: Situation; steps: readonly Step[] } {
    const situation = this.#situation(record, current, { memberOf: [], evidence: new Set() });
    return { situation, steps: actions[record.request.action].plan(situation) };
  }

  /** One try to bring a mitigation into force. `upgrades` names the weaker one that it takes the place of. */
  async act(
    record: MitigationRecord,
    options: { readonly container?: ContainerSnapshot; readonly upgraded?: MitigationRecord } = {},
  ): Promise<void> {
    const { engine, mitigations } = this.ports;
    const { id, request } = record;
    const container = options.container ?? (await engine.inspect(request.target.id));
    if (container === undefined) {
      await mitigations.advance(id, { kind: 'target-gone' });
      return;
    }
    const begun = await this.#begin(record, container, options.upgraded);
    if (begun === undefined) {
      return;
    }
    const notes = new TryNotes();
    try {
      const outcome = await this.#converge(begun, container, notes);
      await mitigations.advance(id, { kind: 'applied', ...outcome, calls: notes.calls });
    } catch (error) {
      await mitigations.advance(id, {
        kind: 'act-failed',
        error: messageOf(error),
        canRetry: isRetryable(error) || isAboutState(error),
        isEngineAway: isEngineAway(error),
        calls: notes.calls,
        jitter: this.ports.random(),
      });
    }
  }

  /** What contradicts a mitigation in force; undefined when its container is gone. */
  async findProblems(record: MitigationRecord): Promise<readonly string[] | undefined> {
    const container = await this.ports.engine.inspect(record.request.target.id);
    if (container === undefined) {
      return undefined;
    }
    return actions[record.request.action].problems(await this.#observe(record, container, new TryNotes()));
  }

  async #begin(
    record: MitigationRecord,
    container: ContainerSnapshot,
    upgraded: MitigationRecord | undefined,
  ): Promise<MitigationRecord | undefined> {
    const { mitigations } = this.ports;
    const before = upgraded?.before ?? rememberTarget(container);
    const { situation } = this.foresee({ ...record, before: record.before ?? before }, container);
    const holds = [...(upgraded?.holds ?? []), ...actions[record.request.action].holds(situation)];
    if (upgraded !== undefined) {
      // First the weaker one learns what it may have to give back: should this one fail, its release gives back both.
      await mitigations.advance(upgraded.id, { kind: 'widened', holds });
    }
    const begun = await mitigations.advance(record.id, {
      kind: 'begun',
      before,
      holds,
      lease: leaseFor(record, this.ports),
      ...(upgraded === undefined ? {} : { upgrades: { id: upgraded.id, ...this.#endOf(upgraded) } }),
    });
    return begun.isAccepted ? begun.record : undefined;
  }

  async #converge(record: MitigationRecord, container: ContainerSnapshot, notes: TryNotes) {
    const action = actions[record.request.action];
    let situation = this.#situation(record, container, {
      memberOf: [],
      evidence: await this.#steps.evidenceOf(record, notes),
    });
    for (let round = 0; round < maxRounds; round++) {
      const steps = action.plan(situation);
      for (const step of steps) {
        await this.#steps.take(step, record, situation.current, notes);
      }
      const after = await this.ports.engine.inspect(container.id);
      if (after === undefined) {
        throw new ForgeError('FORGE_DOCKER_NOT_FOUND', 'the container was removed meanwhile');
      }
      situation = await this.#observe(record, after, notes);
      const problems = action.problems(situation);
      if (problems.length === 0 && action.plan(situation).length === 0) {
        return { ...action.containment(situation), remarks: [...notes.remarks] };
      }
      if (steps.length === 0) {
        throw new ForgeError('FORGE_DOCKER_FAILED', `the engine agreed, but ${problems.join('; ')}`);
      }
    }
    const problems = action.problems(situation);
    throw new ForgeError('FORGE_DOCKER_FAILED', `something undoes it as fast as it is done: ${problems.join('; ')}`);
  }

  async #observe(record: MitigationRecord, current: ContainerSnapshot, notes: TryNotes): Promise<Situation> {
    const names = new Set(
      [...(record.before?.networks ?? []), ...current.networks]
        .filter(() => current.networkMode.kind === 'network')
        .map(({ networkId, networkName }) => networkId ?? networkName),
    );
    const checked = await Promise.all(
      [...names].map(async (network) => ((await this.ports.engine.isOnNetwork(network, current.id)) ? [network] : [])),
    );
    return this.#situation(record, current, {
      memberOf: checked.flat(),
      evidence: await this.#steps.evidenceOf(record, notes),
    });
  }

  #situation(
    record: MitigationRecord,
    current: ContainerSnapshot,
    seen: { readonly memberOf: readonly string[]; readonly evidence: ReadonlySet<string> },
  ): Situation {
    const before: TargetBefore = record.before ?? rememberTarget(current);
    return { mitigationId: record.id, before, current, parameters: parametersOf(record), ...seen };
  }

  /**
   * When a mitigation would end; one that is not in force yet, if it came into force now, and one that is being released
   * now, whatever it once had before it. Nothing: never.
   */
  #endOf({ state, until, isEndless, appliedAt, request }: MitigationRecord): { readonly until?: string } {
    if (state === 'releasing') {
      return { until: new Date(this.ports.now()).toISOString() };
    }
    if (until !== undefined) {
      return { until };
    }
    const isBounded = request.ttlMs !== undefined && request.hold !== true && !isEndless && appliedAt === undefined;
    return isBounded ? { until: new Date(this.ports.now() + (request.ttlMs ?? 0)).toISOString() } : {};
  }
}

/** The container was in another state than it was a moment ago: another look, another plan. */
function isAboutState(error: unknown): boolean {
  return (
    error instanceof ForgeError && (error.code === 'FORGE_DOCKER_CONFLICT' || error.code === 'FORGE_DOCKER_NOT_FOUND')
  );
}
