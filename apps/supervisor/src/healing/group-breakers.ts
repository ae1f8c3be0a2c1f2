import type { Log } from '@sentinel-forge/contracts';
import type { ContainerEvent, ContainerSnapshot, ContainerSummary } from '@sentinel-forge/docker';
import type { Now } from '../agenda/alarm-clock.js';
import type { Inventory } from '../inventory/inventory.js';
import { afterProbe, judgeGroup, type OpenBreaker } from './breaker.service.js';
import type { HealingEvents } from './healing.ports.js';
import type { HealingPolicy } from './healing-policy.js';
import { isHealed } from './healing-scope.service.js';

/** What the breakers need of the world. */
export interface BreakerPorts {
  readonly inventory: Inventory;
  readonly events: Pick<HealingEvents, 'publishSelf'>;
  readonly log: Log;
  readonly now: Now;
}

/** One breaker for each group of containers: a Compose project, or all that belong to none. */
export class GroupBreakers {
  readonly #unhealthy = new Set<string>();
  readonly #open = new Map<string, OpenBreaker>();

  constructor(
    private readonly ports: BreakerPorts,
    private readonly policy: HealingPolicy,
  ) {}

  /** Takes note at once, before anybody has looked: what falls ill together is heard of together. */
  hear({ action, containerId, health }: ContainerEvent): void {
    if (action === 'health_status') {
      this.#note(containerId, health === 'unhealthy');
    } else if (action === 'die' || action === 'start' || action === 'destroy') {
      this.#unhealthy.delete(containerId);
    }
  }

  /** Takes note of what a look has found. */
  see({ id, state, health }: ContainerSnapshot): void {
    this.#note(id, state === 'running' && health === 'unhealthy');
  }

  /**
   * Until when this container is left alone because most of its group is unhealthy; undefined: it may be restarted now. Where
   * one of the group may be restarted to see whether that helps, whoever asks first is the one.
   */
  claim(container: ContainerSnapshot): number | undefined {
    const group = groupOf(container);
    const breaker = this.#judge(group);
    if (breaker === undefined || !this.#unhealthy.has(container.id)) {
      return undefined;
    }
    const nowMs = this.ports.now();
    if (breaker.probeAtMs > nowMs) {
      return breaker.probeAtMs;
    }
    this.#open.set(group, afterProbe(this.policy, nowMs));
    return undefined;
  }

  #note(containerId: string, isUnhealthy: boolean): void {
    if (isUnhealthy) {
      this.#unhealthy.add(containerId);
    } else {
      this.#unhealthy.delete(containerId);
    }
  }

  #judge(group: string): OpenBreaker | undefined {
    if (this.#unhealthy.size < this.policy.breakerMinUnhealthy && !this.#open.has(group)) {
      return undefined;
    }
    const members = [...this.ports.inventory.all()].filter(
      (one) => groupOf(one) === group && one.state === 'running' && isHealed(one, this.policy),
    );
    const unhealthy = members.filter(({ id }) => this.#unhealthy.has(id)).length;
    const before = this.#open.get(group);
    const next = judgeGroup({ unhealthy, size: members.length }, before, this.policy, this.ports.now());
    if (next === undefined) {
      this.#open.delete(group);
    } else {
      this.#open.set(group, next);
    }
    if ((before === undefined) !== (next === undefined)) {
      this.#tell(group, next !== undefined, unhealthy, members.length);
    }
    return next;
  }

  #tell(group: string, isOpen: boolean, unhealthy: number, size: number): void {
    const { events, log, now } = this.ports;
    const name = group === '' ? 'containers outside of Compose projects' : `project ${group}`;
    const what = isOpen ? 'breaker-opened' : 'breaker-closed';
    const reason = isOpen
      ? `${unhealthy} of ${size} of ${name} are unhealthy at once: the cause is shared, so they are not restarted but for one at times`
      : `most of ${name} are healthy again: they are restarted as before`;
    log.warn(`healing.${what}`, { group, unhealthy, size });
    events
      .publishSelf(`${this.policy.host}:${what}:${group}:${now()}`, {
        what,
        reason,
        detail: { host: this.policy.host, group, unhealthy, size },
      })
      .catch((error: unknown) => log.warn('healing.breaker-not-told', { group, error }));
  }
}

function groupOf({ compose }: Pick<ContainerSummary, 'compose'>): string {
  return compose?.project ?? '';
}
