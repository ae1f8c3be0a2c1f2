import { setImmediate as nextTurn } from 'node:timers/promises';
import { ForgeError, type Log } from '@sentinel-forge/contracts';
import { type ContainerSnapshot, isGone } from '@sentinel-forge/docker';
import type { Now } from '../agenda/alarm-clock.js';
import type { RawEvidence } from '../response/container-engine.port.js';
import type { EvidenceStore } from '../response/evidence/evidence.port.js';
import { type Redact, redactEvidence } from '../response/evidence/redact-evidence.js';
import type { HealingEngine } from './healing.ports.js';
import type { RestartIntent } from './healing.record.js';
import type { HealingPolicy } from './healing-policy.js';
import { stopTimeoutOf } from './healing-scope.service.js';
import { lastLinesOf } from './last-lines.js';

/** What a restart needs of the world. */
export interface RestarterPorts {
  readonly engine: HealingEngine;
  readonly evidence: EvidenceStore;
  readonly redact: Redact;
  readonly log: Log;
  readonly now: Now;
}

/** What a restart would wipe out, as it was read: not redacted yet, so it goes nowhere but to {@link Restarter.perform}. */
export interface Captured {
  readonly raw: RawEvidence;
  readonly takenAt: string;
}

/** What came of a restart. */
export type RestartOutcome =
  | { readonly kind: 'done' }
  /** It was removed meanwhile, which is no error. */
  | { readonly kind: 'gone' }
  /** Nobody knows whether it happened: the engine did not answer. It is no failure of the container's. */
  | { readonly kind: 'engine-away' }
  | { readonly kind: 'failed'; readonly error: unknown };

const evidenceTailLines = 200;
const toldLogLines = 5;

/** Reads what a restart would wipe out, and restarts. */
export class Restarter {
  readonly #lastLogs = new Map<string, string>();

  constructor(
    private readonly ports: RestarterPorts,
    private readonly policy: HealingPolicy,
  ) {}

  /** The last lines that a container had logged before its last restart here. */
  lastLogOf(containerId: string): string | undefined {
    return this.#lastLogs.get(containerId);
  }

  /** Reads the log and the inspection of a container, for {@link perform} to keep. That they cannot be read is no reason to leave it ill. */
  async capture({ id, name }: ContainerSnapshot): Promise<Captured | undefined> {
    const { engine, now, log } = this.ports;
    try {
      const raw = await engine.readEvidence(id, evidenceTailLines, ['inspect', 'logs']);
      return { raw, takenAt: new Date(now()).toISOString() };
    } catch (error) {
      log.warn('healing.no-evidence', { container: name, error });
      return undefined;
    }
  }

  /** Carries an intent out, and keeps the evidence while the engine is at it. */
  async perform(
    container: ContainerSnapshot,
    { how, reason }: RestartIntent,
    captured: Captured | undefined,
  ): Promise<RestartOutcome> {
    this.ports.log.info('healing.restart', { container: container.name, how, reason });
    const [outcome] = await Promise.all([this.#call(container, how), this.#keep(container, captured)]);
    return outcome;
  }

  /** The container is gone. */
  forget(containerId: string): void {
    this.#lastLogs.delete(containerId);
  }

  async #call(container: ContainerSnapshot, how: RestartIntent['how']): Promise<RestartOutcome> {
    const { engine, log } = this.ports;
    const { id, name } = container;
    try {
      const stopTimeoutSeconds = stopTimeoutOf(container, this.policy);
      await engine.perform(how === 'start' ? { call: 'start', id } : { call: 'restart', id, stopTimeoutSeconds });
      return { kind: 'done' };
    } catch (error) {
      if (isGone(error)) {
        return { kind: 'gone' };
      }
      log.warn('healing.restart-failed', { container: name, error });
      const isAway = error instanceof ForgeError && error.code === 'FORGE_DOCKER_UNAVAILABLE';
      return isAway ? { kind: 'engine-away' } : { kind: 'failed', error };
    }
  }

  async #keep({ id, name }: ContainerSnapshot, captured: Captured | undefined): Promise<void> {
    const { evidence, redact, log } = this.ports;
    if (captured === undefined) {
      return;
    }
    // To redact takes time that the container does not have: first the call goes out.
    await nextTurn();
    try {
      const { raw, takenAt } = captured;
      const redacted = redactEvidence(raw, redact);
      this.#lastLogs.set(id, lastLinesOf(redacted.logs, toldLogLines));
      const label = `restart-${takenAt.replaceAll(/[:.]/g, '-')}`;
      await evidence.keep({ about: id, label, takenAt, container: { id, name }, ...redacted });
    } catch (error) {
      log.warn('healing.evidence-not-kept', { container: name, error });
    }
  }
}
