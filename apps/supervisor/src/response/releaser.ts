import { ForgeError, messageOf } from '@sentinel-forge/contracts';
import { type ContainerSnapshot, isGone } from '@sentinel-forge/docker';
import { stopTimeoutOf, tailLinesOf } from './actions/common-parameters.js';
import { isHalt } from './actions/halt.js';
import { isIsolatedByPause } from './actions/isolation.js';
import { type AttemptPorts, isEngineAway, leaseFor, maxRounds, parametersOf, startOf } from './attempt.js';
import type { Step } from './docker-call.js';
import type { MitigationRecord } from './mitigation.record.js';
import { planRelease, type ReleaseSituation, releaseRemarks } from './release.service.js';
import { StepTaker, TryNotes } from './step-taker.js';
import { isUp, rememberTarget } from './target-before.js';

/** Gives back what mitigations hold. Where to begin is written before the first call, so that nothing is restarted twice. */
export class Releaser {
  readonly #steps: StepTaker;

  constructor(private readonly ports: AttemptPorts) {
    this.#steps = new StepTaker(ports);
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
    const begun = await mitigations.advance(id, { kind: 'release-begun', start, lease: leaseFor(record, this.ports) });
    if (!begun.isAccepted) {
      return;
    }
    const notes = new TryNotes();
    try {
      const remarks = await this.#giveBack(begun.record, notes);
      await mitigations.advance(id, { kind: 'released', calls: notes.calls, remarks: [...notes.remarks, ...remarks] });
    } catch (error) {
      await mitigations.advance(id, {
        kind: 'release-failed',
        error: messageOf(error),
        isEngineAway: isEngineAway(error),
        calls: notes.calls,
        jitter: this.ports.random(),
      });
    }
  }

  async #giveBack(record: MitigationRecord, notes: TryNotes): Promise<readonly string[]> {
    const vanished = new Set<string>();
    let errors: unknown[] = [];
    for (let round = 0; round < maxRounds; round++) {
      const situation = await this.#situation(record, vanished, notes);
      if (situation === undefined) {
        return ['the container is gone'];
      }
      const steps = planRelease(situation);
      if (steps.length === 0) {
        await this.#verify(situation);
        return releaseRemarks(situation);
      }
      errors = await this.#takeAll(steps, record, situation.current, notes, vanished);
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
    notes: TryNotes,
    vanished: Set<string>,
  ): Promise<unknown[]> {
    const errors: unknown[] = [];
    for (const step of steps) {
      try {
        await this.#steps.take(step, record, container, notes);
      } catch (error) {
        if (step.call === 'attach' && isGone(error)) {
          vanished.add(step.attachment.networkName);
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

  async #situation(
    record: MitigationRecord,
    vanished: ReadonlySet<string>,
    notes: TryNotes,
  ): Promise<ReleaseSituation | undefined> {
    const { engine } = this.ports;
    const [current, evidence, all] = await Promise.all([
      engine.inspect(record.request.target.id),
      this.#steps.evidenceOf(record, notes),
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
    const parameters = parametersOf(record);
    const before = record.before ?? rememberTarget(current);
    return {
      before,
      holds: record.holds,
      // What was between two tries of its restart policy had to be stopped to be contained at all.
      wasHalted: isHalt(record.request.action) || before.state === 'restarting',
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
  async #verify({ before, holds, current, vanished }: ReleaseSituation): Promise<void> {
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
}
