import { Inject, Injectable } from '@nestjs/common';
import { Redactor } from '@sentinel-forge/chassis';
import { events, type ForgeEvent } from '@sentinel-forge/contracts';
import { EventPublisher, traceAfter } from '@sentinel-forge/messaging';
import { clip } from '../detection/display-text.js';
import type { Decision, Plan } from '../planning/decision.js';

const app = 'sentinelcore';

/** Says what follows from decisions. Ids follow from the telemetry's, so that deciding again says nothing anew. */
@Injectable()
export class DecisionPublisher {
  constructor(
    @Inject(EventPublisher) private readonly publisher: EventPublisher,
    @Inject(Redactor) private readonly redactor: Redactor,
  ) {}

  /** Resolves when everything that follows is in the stream. */
  async publish(event: ForgeEvent, decision: Decision): Promise<void> {
    const plans = decision.simulation === undefined ? [decision.plan] : [decision.plan, decision.simulation.plan];
    await Promise.all(plans.map((plan) => this.#say(event, plan)));
  }

  async #say(event: ForgeEvent, plan: Plan): Promise<void> {
    switch (plan.kind) {
      case 'nothing':
        return;
      case 'request': {
        const data = this.#redact(plan.data);
        const options = { id: data.mitigationId, trace: traceAfter(event) };
        await this.publisher.publish(events.mitigationRequested, { app, host: plan.host }, data, options);
        return;
      }
      case 'notify':
      case 'rejection': {
        const data = this.#redact(plan.data);
        const row = plan.kind === 'notify' ? events.mitigationApplied : events.mitigationRejected;
        const options = { id: `${data.mitigationId}:${plan.kind}`, trace: traceAfter(event) };
        await this.publisher.publish(row, { app }, data, options);
      }
    }
  }

  // What a producer wrote into a summary, or a rule took from an attribute, may hold a secret: it goes no further.
  #redact<T extends object>(data: T): T {
    const { value, hidden } = this.redactor.value(data);
    return (hidden === 0 ? value : noLonger(value, data)) as T;
  }
}

/** A mask may be longer than what it hides, and a text beyond its limit would be refused: whoever writes many small secrets must not go unanswered for it. */
function noLonger(redacted: unknown, original: unknown): unknown {
  if (typeof redacted === 'string' && typeof original === 'string') {
    return clip(redacted, original.length);
  }
  if (Array.isArray(redacted) && Array.isArray(original)) {
    return redacted.map((item, index) => noLonger(item, original[index]));
  }
  return isRecord(redacted) && isRecord(original)
    ? Object.fromEntries(Object.entries(redacted).map(([name, item]) => [name, noLonger(item, original[name])]))
    : redacted;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
