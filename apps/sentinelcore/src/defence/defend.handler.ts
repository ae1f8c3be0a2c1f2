import { Controller, Inject } from '@nestjs/common';
import { events, type ForgeEvent, Log, type Telemetry, verdicts } from '@sentinel-forge/contracts';
import { OnBatch } from '@sentinel-forge/messaging';
import { Counter, Registry } from 'prom-client';
import { policyOf, SentinelcoreSettings } from '../config.js';
import { RuleBook } from '../detection/rule-book.js';
import { FleetView } from '../inventory/fleet-view.js';
import type { Decision } from '../planning/decision.js';
import { decideOn } from '../planning/planning.service.js';
import type { ResponsePolicy } from '../planning/response-policy.js';
import { AwaitedDecisions } from './awaited-decisions.js';
import { DecisionPublisher } from './decision.publisher.js';

/** Decides on telemetry: `defend.>`. */
@Controller()
export class DefendHandler {
  readonly #policy: ResponsePolicy;
  readonly #decided: Counter<'verdict'>;

  constructor(
    @Inject(SentinelcoreSettings) settings: SentinelcoreSettings,
    @Inject(RuleBook) private readonly rules: RuleBook,
    @Inject(FleetView) private readonly fleet: FleetView,
    @Inject(DecisionPublisher) private readonly publisher: DecisionPublisher,
    @Inject(AwaitedDecisions) private readonly awaited: AwaitedDecisions,
    @Inject(Log) private readonly log: Log,
    @Inject(Registry) registry: Registry,
  ) {
    this.#policy = policyOf(settings);
    this.#decided = new Counter({
      name: 'forge_telemetry_decided_total',
      help: 'Telemetry events that were decided on, by verdict',
      labelNames: ['verdict'],
      registers: [registry],
    });
  }

  @OnBatch(events.telemetry)
  async decide(batch: readonly ForgeEvent<Telemetry>[]): Promise<void> {
    await this.fleet.whenCurrent;
    const said: Promise<void>[] = [];
    const counts = new Map<string, number>();
    for (const event of batch) {
      const decision = this.#decideOn(event);
      counts.set(decision.verdict, (counts.get(decision.verdict) ?? 0) + 1);
      if (decision.plan.kind === 'nothing' && decision.simulation === undefined) {
        this.awaited.tell(decision);
      } else {
        said.push(this.#say(event, decision));
      }
    }
    await Promise.all(said);
    for (const verdict of verdicts) {
      this.#decided.inc({ verdict }, counts.get(verdict) ?? 0);
    }
  }

  // The time of the stream, not of the clock: an event that is decided on again is decided on alike.
  #decideOn(event: ForgeEvent<Telemetry>): Decision {
    const ruleSet = this.rules.current;
    const matched = ruleSet.match(event);
    this.rules.counters.count(matched);
    const { inventory } = this.fleet;
    return decideOn(event, matched, {
      ruleSet,
      policy: this.#policy,
      inventory,
      inForce: this.fleet,
      nowMs: event.storedAtMs,
    });
  }

  async #say(event: ForgeEvent<Telemetry>, decision: Decision): Promise<void> {
    await this.publisher.publish(event, decision);
    this.awaited.tell(decision);
    const { score, verdict, plan } = decision;
    this.log.debug('telemetry.decided', {
      trace: event.trace.traceId,
      eventId: event.id,
      score,
      verdict,
      plan: plan.kind,
    });
  }
}
