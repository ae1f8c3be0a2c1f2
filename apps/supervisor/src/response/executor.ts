import { ForgeError, isRetryable, messageOf } from '@sentinel-forge/contracts';
import { type ContainerSnapshot, isGone } from '@sentinel-forge/docker';
import type { Now } from '../agenda/alarm-clock.js';
import type { ParameterValues, Situation } from './actions/action.js';
import { actions } from './actions/catalogue.js';
import { stopTimeoutOf, tailLinesOf } from './actions/common-parameters.js';
import { isIsolatedByPause } from './actions/isolation.js';
import { readParameters } from './actions/parameters.js';
import { type ContainerEngine, evidenceParts } from './container-engine.port.js';
import { type CaptureStep, describeStep, type Step } from './docker-call.js';
import type { EvidenceStore } from './evidence/evidence.port.js';
import { type Redact, redactEvidence } from './evidence/redact-evidence.js';
import type { Lease, MitigationRecord } from './mitigation.record.js';
import type { Mitigations } from './mitigations.js';
import { planRelease, type ReleaseSituation, releaseRemarks } from './release.service.js';
import { isUp, rememberTarget, type TargetBefore } from './target-before.js';

/** What the executor needs of the world. */
export interface ExecutorPorts {
  readonly mitigations: Mitigations;
  readonly engine: ContainerEngine;
  readonly evidence: EvidenceStore;
  readonly redact: Redact;
  readonly now: Now;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly instance: string;
}

/** Plans are made anew after every round until nothing is left to do; who needs more rounds than this is being fought. */
const maxRounds = 5;
/** With twice the stop timeout on top, longer than any one try can take: every Docker call has a deadline. */
const baseLeaseMs = 120_000;

/**
 * Does what the records say, on the engine. Intent is written before the first call of each try, what came of it after the
 * last; in between only the real state counts. It decides nothing: plans are the actions', states the state machine's.
 */
export class Executor {
  /** Evidence that was taken and could not be written: it is not taken again in the same try. */
  readonly #unkept = new Map<string, Set<string>>();

  constructor(private readonly ports: ExecutorPorts) {}

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
    const calls: string[] = [];
    this.#unkept.delete(id);
    try {
      const outcome = await this.#converge(begun, container, calls);
      await mitigations.advance(id, { kind: 'applied', ...outcome, calls });
    } catch (error) {
      await mitigations.advance(id, {
        kind: 'act-failed',
        error: messageOf(error),
        canRetry: isRetryable(error) || isAboutState(error),
        isEngineAway: isEngineAway(error),
        calls,
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
    return actions[record.request.action].problems(await this.#observe(record, container));
  }

  /** One try to give back what a mitigation holds. */
  async release(record: MitigationRecord): Promise<void> {
    const { engine, mitigations } = this.ports;
    const { id, request } = record;
    const container = await engine.inspect(request.target.id);
    if (container === undefined || record.before === undefined) {
      const remarks = container === undefined ? ['the container is gone'] : [];
      await mitigations.advance(id, { kind: 'released', calls: [], remarks });
      return;
    }
    const start = { isUp: isUp(container), ...startOf(container) };
    const begun = await mitigations.advance(id, { kind: 'release-begun', start, lease: this.#lease(record) });
    if (!begun.isAccepted) {
      return;
    }
    const calls: string[] = [];
    this.#unkept.delete(id);
    try {
      const remarks = await this.#giveBack(begun.record, calls);
      await mitigations.advance(id, { kind: 'released', calls, remarks });
    } catch (error) {
      await mitigations.advance(id, {
        kind: 'release-failed',
        error: messageOf(error),
        isEngineAway: isEngineAway(error),
        calls,
        jitter: this.ports.random(),
      });
    }
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
      lease: this.#lease(record),
      ...(upgraded === undefined ? {} : { upgrades: { id: upgraded.id, ...this.#endOf(upgraded) } }),
    });
    return begun.isAccepted ? begun.record : undefined;
  }

  async #converge(record: MitigationRecord, container: ContainerSnapshot, calls: string[]) {
    const action = actions[record.request.action];
    const remarks = new Set<string>();
    let situation = this.#situation(record, container, { memberOf: [], evidence: await this.#evidenceOf(record) });
    for (let round = 0; round < maxRounds; round++) {
      const steps = action.plan(situation);
      for (const step of steps) {
        await this.#take(step, record, situation.current, calls, remarks);
      }
      const after = await this.ports.engine.inspect(container.id);
      if (after === undefined) {
        throw new ForgeError('FORGE_DOCKER_NOT_FOUND', 'the container was removed meanwhile');
      }
      situation = await this.#observe(record, after);
      const problems = action.problems(situation);
      if (problems.length === 0 && action.plan(situation).length === 0) {
        return { ...action.containment(situation), remarks: [...remarks] };
      }
      if (steps.length === 0) {
        throw new ForgeError('FORGE_DOCKER_FAILED', `the engine agreed, but ${problems.join('; ')}`);
      }
    }
    const problems = action.problems(situation);
    throw new ForgeError('FORGE_DOCKER_FAILED', `something undoes it as fast as it is done: ${problems.join('; ')}`);
  }

  async #giveBack(record: MitigationRecord, calls: string[]): Promise<readonly string[]> {
    const vanished = new Set<string>();
    let errors: unknown[] = [];
    for (let round = 0; round < maxRounds; round++) {
      const situation = await this.#releaseSituation(record, vanished);
      if (situation === undefined) {
        return ['the container is gone'];
      }
      const steps = planRelease(situation);
      if (steps.length === 0) {
        await this.#verifyRelease(situation);
        return releaseRemarks(situation);
      }
      errors = await this.#takeAll(steps, record, situation.current, { calls, vanished });
      if (errors.length > 0) {
        break;
      }
    }
    throw errors[0] ?? new ForgeError('FORGE_DOCKER_FAILED', 'something undoes the release as fast as it is done');
  }

  /**
   * Takes every step that can be taken: one network whose address is taken does not keep the container off the others. But
   * nothing is connected when the process of before may still run.
   */
  async #takeAll(
    steps: readonly Step[],
    record: MitigationRecord,
    container: ContainerSnapshot,
    notes: { readonly calls: string[]; readonly vanished: Set<string> },
  ): Promise<unknown[]> {
    const errors: unknown[] = [];
    for (const step of steps) {
      try {
        await this.#take(step, record, container, notes.calls, new Set());
      } catch (error) {
        if (step.call === 'attach' && isGone(error)) {
          notes.vanished.add(step.attachment.networkName);
          continue;
        }
        errors.push(error);
        if (step.call === 'restart' || step.call === 'kill') {
          break;
        }
      }
    }
    return errors;
  }

  async #take(
    step: Step,
    record: MitigationRecord,
    container: ContainerSnapshot,
    calls: string[],
    remarks: Set<string>,
  ): Promise<void> {
    if (step.call === 'capture') {
      const trouble = await this.#capture(step, record, container);
      trouble.forEach((text) => remarks.add(text));
    } else {
      await this.ports.engine.perform(step);
    }
    calls.push(describeStep(step));
  }

  /** Evidence that cannot be had must not keep harm from being stopped: what is missing is told instead. */
  async #capture(
    step: CaptureStep,
    record: MitigationRecord,
    { id, name }: ContainerSnapshot,
  ): Promise<readonly string[]> {
    const { engine, evidence, redact, now } = this.ports;
    const raw = redactEvidence(await engine.readEvidence(id, step.tailLines, evidenceParts), redact);
    const takenAt = new Date(now()).toISOString();
    try {
      await evidence.keep({ about: record.id, label: step.label, takenAt, container: { id, name }, ...raw });
    } catch (error) {
      if (!actions[record.request.action].isDisturbing) {
        throw error;
      }
      this.#unkept.set(record.id, (this.#unkept.get(record.id) ?? new Set()).add(step.label));
      return [`evidence could not be kept: ${messageOf(error)}`];
    }
    return raw.missing.map((part) => `evidence without ${part}`);
  }

  async #observe(record: MitigationRecord, current: ContainerSnapshot): Promise<Situation> {
    const names = new Set(
      [...(record.before?.networks ?? []), ...current.networks]
        .filter(() => current.networkMode.kind === 'network')
        .map(({ networkId, networkName }) => networkId ?? networkName),
    );
    const checked = await Promise.all(
      [...names].map(async (network) => ((await this.ports.engine.isOnNetwork(network, current.id)) ? [network] : [])),
    );
    return this.#situation(record, current, { memberOf: checked.flat(), evidence: await this.#evidenceOf(record) });
  }

  async #releaseSituation(
    record: MitigationRecord,
    vanished: ReadonlySet<string>,
  ): Promise<ReleaseSituation | undefined> {
    const { engine } = this.ports;
    const [current, evidence, all] = await Promise.all([
      engine.inspect(record.request.target.id),
      this.#evidenceOf(record),
      engine.list(),
    ]);
    if (current === undefined) {
      return undefined;
    }
    const followers = await Promise.all(
      all
        .filter(
          ({ networkMode, state }) =>
            networkMode.kind === 'container' && networkMode.containerId === current.id && state === 'running',
        )
        .map(({ id }) => engine.inspect(id)),
    );
    const parameters = this.#parameters(record);
    return {
      before: record.before ?? rememberTarget(current),
      holds: record.holds,
      isPausedForIsolation: isIsolatedByPause(record.request.action, current),
      start: record.releaseStart ?? { isUp: isUp(current), ...startOf(current) },
      current,
      followers: followers.flatMap((follower) =>
        follower === undefined ? [] : [{ id: follower.id, ...startOf(follower) }],
      ),
      evidence,
      vanished,
      stopTimeoutSeconds: stopTimeoutOf(parameters),
      tailLines: tailLinesOf(parameters),
    };
  }

  /** The networks must say so too. */
  async #verifyRelease({ before, holds, current, vanished }: ReleaseSituation): Promise<void> {
    if (!holds.includes('networks') || !isUp(current) || current.state === 'restarting') {
      return;
    }
    for (const { networkName, networkId } of before.networks) {
      if (!vanished.has(networkName) && !(await this.ports.engine.isOnNetwork(networkId ?? networkName, current.id))) {
        throw new ForgeError(
          'FORGE_DOCKER_FAILED',
          `the engine agreed, but ${networkName} does not list the container`,
        );
      }
    }
  }

  #situation(
    record: MitigationRecord,
    current: ContainerSnapshot,
    seen: { readonly memberOf: readonly string[]; readonly evidence: ReadonlySet<string> },
  ): Situation {
    const before: TargetBefore = record.before ?? rememberTarget(current);
    return { mitigationId: record.id, before, current, parameters: this.#parameters(record), ...seen };
  }

  /** What is not valid was refused before anything was begun. */
  #parameters({ request }: MitigationRecord): ParameterValues {
    const read = readParameters(actions[request.action], request.parameters);
    return read.isValid ? read.values : {};
  }

  async #evidenceOf(record: MitigationRecord): Promise<ReadonlySet<string>> {
    const kept = await this.ports.evidence.labelsOf(record.id);
    return new Set([...kept, ...(this.#unkept.get(record.id) ?? [])]);
  }

  /** When a mitigation would end; one that is not in force yet, if it came into force now. Nothing: never. */
  #endOf({ until, isEndless, appliedAt, request }: MitigationRecord): { readonly until?: string } {
    if (until !== undefined) {
      return { until };
    }
    const isBounded = request.ttlMs !== undefined && request.hold !== true && !isEndless && appliedAt === undefined;
    return isBounded ? { until: new Date(this.ports.now() + (request.ttlMs ?? 0)).toISOString() } : {};
  }

  #lease(record: MitigationRecord): Lease {
    const leaseMs = baseLeaseMs + 2_000 * stopTimeoutOf(this.#parameters(record));
    return { instance: this.ports.instance, until: new Date(this.ports.now() + leaseMs).toISOString() };
  }
}

function startOf({ startedAt }: ContainerSnapshot): { readonly startedAt?: string } {
  return startedAt === undefined ? {} : { startedAt };
}

/** The container was in another state than it was a moment ago: another look, another plan. */
function isAboutState(error: unknown): boolean {
  return (
    error instanceof ForgeError && (error.code === 'FORGE_DOCKER_CONFLICT' || error.code === 'FORGE_DOCKER_NOT_FOUND')
  );
}

function isEngineAway(error: unknown): boolean {
  return error instanceof ForgeError && error.code === 'FORGE_DOCKER_UNAVAILABLE';
}
