import { setImmediate as turn } from 'node:timers/promises';
import type { ContainerEvent } from '@sentinel-forge/docker';
import { Healer } from '../healing/healer.js';
import { HealingRecord } from '../healing/healing.record.js';
import { defaultHealingPolicy, type HealingPolicy } from '../healing/healing-policy.js';
import { Inventory } from '../inventory/inventory.js';
import { ContainerLanes } from '../lanes/container-lanes.js';
import { OwnActs } from '../own-acts/own-acts.js';
import { CollectedHealth } from './collected-health.js';
import { type Fate, Life, mortal } from './life.js';
import { MemoryEvidence } from './memory-evidence.js';
import { MemoryKeyValueStore } from './memory-key-value-store.js';
import { testHost } from './requests.js';
import { SilentLog } from './silent-log.js';
import { SimulatedEngine } from './simulated-engine.js';

/** Everything outside a healer, with a clock that a test moves. It outlives any number of healers. */
export class SimulatedHealing {
  nowMs = Date.parse('2026-02-01T00:00:00Z');
  readonly store = new MemoryKeyValueStore(HealingRecord);
  readonly engine = new SimulatedEngine();
  readonly health = new CollectedHealth();
  readonly log = new SilentLog();
  readonly #alive: { readonly life: Life; readonly healer: Healer; readonly inventory: Inventory }[] = [];

  /** Starts a healer and lets it read what is on record. */
  async heal(
    options: { readonly fate?: Fate; readonly instance?: string; readonly policy?: Partial<HealingPolicy> } = {},
  ): Promise<Healer> {
    const life = new Life(options.fate);
    const inventory = new Inventory();
    inventory.replaceAll(await this.engine.list());
    const now = (): number => this.nowMs;
    const healer = new Healer(
      {
        store: mortal(this.store, life),
        engine: mortal(this.engine, life),
        events: mortal(this.health, life),
        evidence: mortal(new MemoryEvidence(), life),
        inventory,
        lanes: new ContainerLanes(),
        ownActs: new OwnActs(now),
        isHeld: () => false,
        redact: (value) => value,
        log: this.log,
        now,
        random: () => 0.5,
        instance: options.instance ?? 'sim',
      },
      { ...defaultHealingPolicy, host: testHost, ...options.policy },
    );
    this.#alive.push({ life, healer, inventory });
    void healer.start();
    await this.settle();
    return healer;
  }

  /** Something happens to a container, and whoever lives hears of it. */
  tell(action: ContainerEvent['action'], containerId: string, more: Partial<ContainerEvent> = {}): void {
    const event: ContainerEvent = {
      kind: 'container',
      action,
      containerId,
      containerName: containerId,
      attributes: {},
      timeMs: this.nowMs,
      ...more,
    };
    for (const { life, healer, inventory } of this.#alive) {
      if (!life.isDead) {
        if (action === 'die' || action === 'start') {
          inventory.setState(containerId, action === 'die' ? 'exited' : 'running');
        }
        healer.onEvent(event);
      }
    }
  }

  /** Lets everything happen that can happen without time passing. */
  async settle(): Promise<void> {
    for (let quiet = 0, before = -1; quiet < 3; ) {
      await turn();
      const contacts = this.#alive.reduce((sum, { life }) => sum + life.contacts, 0);
      quiet = contacts === before ? quiet + 1 : 0;
      before = contacts;
    }
  }

  /** Lets time pass, and what is due by then happen. */
  async pass(durationMs: number): Promise<void> {
    this.nowMs += durationMs;
    for (const { life, healer } of this.#alive) {
      if (!life.isDead) {
        healer.tick();
      }
    }
    await this.settle();
  }

  /** kill -9 of everything that runs. */
  kill(): void {
    for (const { life, healer } of this.#alive) {
      life.isDead = true;
      void healer.stop();
    }
  }
}
