import { messageOf } from '@sentinel-forge/contracts';
import type { ContainerSnapshot } from '@sentinel-forge/docker';
import type { Now } from '../agenda/alarm-clock.js';
import { actions } from './actions/catalogue.js';
import { type ContainerEngine, evidenceParts } from './container-engine.port.js';
import { type CaptureStep, describeStep, type Step } from './docker-call.js';
import type { EvidenceStore } from './evidence/evidence.port.js';
import { type Redact, redactEvidence } from './evidence/redact-evidence.js';
import type { MitigationRecord } from './mitigation.record.js';

/** What taking a step needs of the world. */
export interface StepPorts {
  readonly engine: ContainerEngine;
  readonly evidence: EvidenceStore;
  readonly redact: Redact;
  readonly now: Now;
}

/** What was done in one try, for the record. */
export class TryNotes {
  readonly calls: string[] = [];
  readonly remarks = new Set<string>();
  /** Evidence that was taken and could not be written: it is not taken again in the same try. */
  readonly unkept = new Set<string>();
}

/** Takes the steps of a plan, one by one. */
export class StepTaker {
  constructor(private readonly ports: StepPorts) {}

  async take(step: Step, record: MitigationRecord, container: ContainerSnapshot, notes: TryNotes): Promise<void> {
    if (step.call === 'capture') {
      await this.#capture(step, record, container, notes);
    } else {
      await this.ports.engine.perform(step);
    }
    notes.calls.push(describeStep(step));
  }

  /** The evidence that there is, or that there is no use in taking again. */
  async evidenceOf(record: MitigationRecord, notes: TryNotes): Promise<ReadonlySet<string>> {
    return new Set([...(await this.ports.evidence.labelsOf(record.id)), ...notes.unkept]);
  }

  /** Evidence that cannot be had must not keep harm from being stopped: what is missing is told instead. */
  async #capture(
    step: CaptureStep,
    record: MitigationRecord,
    { id, name }: ContainerSnapshot,
    notes: TryNotes,
  ): Promise<void> {
    const { engine, evidence, redact, now } = this.ports;
    const raw = redactEvidence(await engine.readEvidence(id, step.tailLines, evidenceParts), redact);
    for (const part of raw.missing) {
      notes.remarks.add(`evidence without ${part}`);
    }
    const takenAt = new Date(now()).toISOString();
    try {
      await evidence.keep({ about: record.id, label: step.label, takenAt, container: { id, name }, ...raw });
    } catch (error) {
      if (!actions[record.request.action].isDisturbing) {
        throw error;
      }
      notes.unkept.add(step.label);
      notes.remarks.add(`evidence could not be kept: ${messageOf(error)}`);
    }
  }
}
