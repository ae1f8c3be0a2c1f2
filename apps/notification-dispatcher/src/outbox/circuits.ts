import { Inject, Injectable } from '@nestjs/common';
import { type DependencyCheck, Readiness, steadyNow } from '@sentinel-forge/chassis';
import { type ChannelName, events, Log, limits, newTrace } from '@sentinel-forge/contracts';
import { EventPublisher, randomHex } from '@sentinel-forge/messaging';
import { Channels } from '../channels/channels.js';
import { Routes } from '../routing/routes.js';
import type { CircuitChange } from './breakers.js';

/** A circuit that nothing passes at the moment. */
export interface OpenCircuit {
  readonly circuit: string;
  readonly since: string;
  readonly reason: string;
}

/** Since when, and what the last try came to. */
export interface Outage {
  readonly sinceMs: number;
  readonly reason: string;
}

/**
 * So long may a receiver be out of order before the service calls itself degraded. Nothing is lost meanwhile and it can do
 * nothing about it; a mail server that restarts must not make the health of the mesh flap.
 */
const degradedAfterMs = 60_000;

/** Which receivers are out of order: tells the mesh when one is, or works again, and `/ready` when it lasts. */
@Injectable()
export class Circuits {
  readonly #open = new Map<string, Outage>();

  constructor(
    @Inject(Channels) channels: Channels,
    @Inject(Routes) routes: Routes,
    @Inject(Readiness) readiness: Readiness,
    @Inject(EventPublisher) private readonly publisher: EventPublisher,
    @Inject(Log) private readonly log: Log,
  ) {
    for (const [name, channel] of channels.byName) {
      // Only whom the operator named counts: nobody's mistyped `to` may degrade the service.
      const named = routes.named.filter((target) => target.channel === name);
      const recipients = [...channel.recipients(), ...named.flatMap(({ to }) => channel.recipients(to))];
      if (recipients.length > 0) {
        readiness.add(name, this.#check(new Set(recipients.map(({ circuit }) => circuit))));
      }
    }
  }

  /** The circuits of a channel that are out of order. */
  outOfOrder(channel: ChannelName): readonly OpenCircuit[] {
    return [...this.#open]
      .filter(([circuit]) => circuit.split(':')[0] === channel)
      .map(([circuit, { sinceMs, reason }]) => ({ circuit, since: new Date(sinceMs).toISOString(), reason }));
  }

  /** Takes over what was out of order when the process before this one ended. That was told then. */
  resume(circuits: readonly string[], nowMs: number): void {
    for (const circuit of circuits) {
      this.#open.set(circuit, { sinceMs: nowMs, reason: 'it was out of order before the restart' });
    }
  }

  /** A circuit opened, or works again. */
  changed({ circuit, isOpen, reason }: CircuitChange, nowMs: number): void {
    if (isOpen) {
      this.#open.set(circuit, { sinceMs: nowMs, reason });
    } else {
      this.#open.delete(circuit);
    }
    const what = isOpen ? 'breaker-opened' : 'breaker-closed';
    this.log.warn(`channel.${what}`, { circuit, reason });
    this.#tell(what, circuit, isOpen ? `${circuit} is out of order: ${reason}` : `${circuit} works again`).catch(
      (error: unknown) => this.log.warn('channel.state-not-told', { circuit, error }),
    );
  }

  async #tell(what: string, circuit: string, reason: string): Promise<void> {
    await this.publisher.publish(
      events.selfMitigation,
      { app: 'notification-dispatcher' },
      { what, reason: reason.slice(0, limits.summaryLength), detail: { circuit } },
      { trace: newTrace(randomHex) },
    );
  }

  #check(watched: ReadonlySet<string>): DependencyCheck {
    return () =>
      outageOf(
        [...this.#open].filter(([circuit]) => watched.has(circuit)),
        steadyNow(),
      );
  }
}

/** What circuits that are out of order mean to the health of the service. */
export function outageOf(open: readonly (readonly [string, Outage])[], nowMs: number): ReturnType<DependencyCheck> {
  const isUp = open.every(([, { sinceMs }]) => nowMs - sinceMs < degradedAfterMs);
  const reason = open.map(([circuit, outage]) => `${circuit}: ${outage.reason}`).join('; ');
  return open.length === 0 ? { isUp } : { isUp, reason };
}
