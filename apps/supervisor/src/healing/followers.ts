import type { ContainerSnapshot, ContainerSummary } from '@sentinel-forge/docker';
import type { Now } from '../agenda/alarm-clock.js';
import type { Inventory } from '../inventory/inventory.js';
import { decideToFollow, dependantsOf, dependenciesOf, type FollowDecision } from './dependants.service.js';
import type { HealingEngine } from './healing.ports.js';
import type { HealingRecord } from './healing.record.js';
import type { HealingPolicy } from './healing-policy.js';
import { isHealed, isOptedOut } from './healing-scope.service.js';
import type { Healings } from './healings.js';

/** What following needs of the world. */
export interface FollowerPorts {
  readonly engine: HealingEngine;
  readonly healings: Healings;
  readonly inventory: Inventory;
  readonly now: Now;
  /** Looks at a container soon. */
  readonly look: (containerId: string) => void;
}

const mostDependants = 256;

/** Who is restarted after whom. That it is to follow stands in the record of each follower, so that a killed healer goes on with it. */
export class Followers {
  constructor(
    private readonly ports: FollowerPorts,
    private readonly policy: HealingPolicy,
  ) {}

  /** The ids of those that follow this one: opted in, or in its network namespace, and in either case not opted out. */
  idsOf(container: ContainerSummary): readonly string[] {
    const { inventory } = this.ports;
    return dependantsOf(container, inventory.all(), this.policy.dependants)
      .filter(({ id, isInNamespace }) => {
        const dependant = inventory.get(id);
        return (
          dependant !== undefined &&
          !isOptedOut(dependant, this.policy) &&
          (isInNamespace || isHealed(dependant, this.policy))
        );
      })
      .map(({ id }) => id)
      .slice(0, mostDependants);
  }

  /** Tells those that follow what was restarted just now, each in its own record, before that is forgotten here. */
  async tell(record: HealingRecord, parent: ContainerSnapshot): Promise<void> {
    const { healings, inventory, now, look } = this.ports;
    if (record.intent !== undefined || record.dependants.length === 0) {
      return;
    }
    const known = new Map(
      dependantsOf(parent, inventory.all(), this.policy.dependants).map((dependant) => [dependant.id, dependant]),
    );
    for (const id of record.dependants) {
      const container = inventory.get(id);
      const dependant = known.get(id);
      if (container !== undefined && dependant !== undefined) {
        const following = {
          parentId: parent.id,
          parentName: parent.name,
          mustBeHealthy: dependant.mustBeHealthy,
          since: new Date(now()).toISOString(),
        };
        await healings.change(container, (current) => ({ ...current, following }));
        look(id);
      }
    }
    await healings.change(record, (current) => ({ ...current, dependants: [] }));
  }

  /** What a container does that was told to follow; undefined for one that was not. */
  async decide(container: ContainerSnapshot): Promise<FollowDecision | undefined> {
    const { engine, healings, inventory, now } = this.ports;
    const following = healings.get(container.id)?.following;
    if (following === undefined) {
      return undefined;
    }
    const pending = dependenciesOf(container, inventory.all()).filter(({ id }) => {
      const dependency = healings.get(id);
      return dependency?.following !== undefined || dependency?.intent !== undefined;
    });
    return decideToFollow(container, following, {
      parent: await engine.inspect(following.parentId),
      isAnotherDependencyPending: pending.length > 0,
      timeoutMs: this.policy.dependencyTimeoutMs,
      nowMs: now(),
    });
  }
}
